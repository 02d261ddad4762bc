"""Command lines of `fairlead helm` beside the real helm: recordings are current, helps have the same flags."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from record_helm_lines import GOLDEN, HELM, record

from fairlead.cli.helm.commands import COMMANDS
from fairlead.cli.helm.help import help_text

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not HELM.is_file(), reason="no .peers/helm: run make peers"),
]
FLAG = re.compile(r"^  (?:-(\w), |    )--([a-z-]+)(?: (\S+(?:\[=\S+\])?))?(?:  |$)", re.MULTILINE)


def test_recorded_lines_are_current() -> None:
    """The real helm still does what was recorded: a sample, each line anew."""
    import command_lines

    recorded = json.loads((GOLDEN / "command_lines.json").read_text())
    chosen = command_lines.lines()[::7]
    assert record(chosen) == {shlex.join(line): recorded[shlex.join(line)] for line in chosen}


def test_recorded_post_renders_are_current() -> None:
    """The real helm still makes of its post-renderers' output what was recorded."""
    import record_helm_post_renders

    assert record_helm_post_renders.record() == json.loads((GOLDEN / "post_renders.json").read_text())


@pytest.mark.parametrize("place", COMMANDS)
def test_flags_of_the_help(place: str) -> None:
    """Names, letters and kinds of a command's flags are those of helm's help; --source-map is ours alone."""
    done = subprocess.run([HELM, *place.split(), "--help"], capture_output=True, text=True, check=True)
    ours = set(FLAG.findall(help_text(place))) - {("", "source-map", "string")}
    assert ours == set(FLAG.findall(done.stdout))


def test_recorded_findings_are_current() -> None:
    """The real linter still says what was recorded of a sample of charts."""
    import lint_charts
    import record_helm_lint

    recorded = {case["name"]: case for case in json.loads((GOLDEN / "lint.json").read_text())}
    chosen = lint_charts.LINT[::5]
    assert record_helm_lint.record(chosen) == [recorded[case[0]] for case in chosen]
