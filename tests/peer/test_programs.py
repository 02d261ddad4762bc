"""Random template programs beside Helm's library."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import CalledProcessError

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "golden" / "helm")]

import random_programs  # noqa: E402
import random_values  # noqa: E402
from test_found import RECORDED  # noqa: E402

if not random_programs.HELM_RENDER.is_file():
    pytest.skip("no .peers/helm-render: run make peers", allow_module_level=True)


def test_found_programs_are_current() -> None:
    """Helm's library still gives what is recorded of the programs that were once rendered otherwise."""
    programs = [case["in"] for case in RECORDED["cases"]]
    answers = random_programs.ask_helm(programs)
    assert [{"in": program, **answer} for program, answer in zip(programs, answers, strict=True)] == RECORDED["cases"]


@pytest.mark.parametrize("topic", sorted(set(random_programs.TOPICS) - {"toml", "sharing", "yaml_pretty"}))
def test_topic(topic: str) -> None:
    """Programs that nobody wrote give Helm's output and errors, but for what docs/compat/helm.md lists."""
    found = random_programs.differing(random_programs.make(topic, 9, 300))
    assert len(found) <= 6, json.dumps(found[:6], ensure_ascii=False)


def test_values() -> None:
    """Values files and --set texts that nobody wrote are merged as Helm merges them."""
    try:
        random_values.ask_helm([])
    except CalledProcessError:
        pytest.skip(".peers/helm-render is older than peers/helm/render: run make peers")
    writer = random_values.Writer(9)
    requests = [writer.request() for _ in range(2000)]
    wrong = [
        (given, theirs)
        for given, theirs in zip(requests, random_values.ask_helm(requests), strict=True)
        if random_values.ours(given) != theirs
    ]
    assert len(wrong) <= 20, wrong[:5]  # keys that are null, marks inside a text, special floats given twice
