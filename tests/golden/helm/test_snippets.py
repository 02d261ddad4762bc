"""Functions and language at their edges: what Helm's library made of each snippet (tests/peer/record_helm.py)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.engines.gotemplate.firstrender import AgainError, FirstRender
from fairlead.engines.gotemplate.gotypes import Values
from fairlead.engines.gotemplate.template import Render
from fairlead.engines.helm import HelmError, engine
from fairlead.engines.helm import values as helm_values
from fairlead.engines.helm.capabilities import Capabilities
from fairlead.engines.helm.chart import load_chart
from fairlead.engines.helm.release import Release
from fairlead.engines.helm.world import World

RECORDED = Path(__file__).parent / "snippets.json"
DATA = json.loads(RECORDED.read_text()) if RECORDED.exists() else {"files": {}, "cases": {}}


def render_snippet(files: dict[str, str], snippet: str, kind: type[Render] = Render) -> dict[str, str]:
    """Return what the engine makes of *snippet* in a chart made of *files*."""
    raw = {name: text.encode() for name, text in files.items()}
    chart = load_chart({**raw, "templates/t.yaml": snippet.encode("utf-8", "surrogateescape")})
    top = {
        "Values": Values(helm_values.coalesce(chart, {}, [])),
        "Release": Release().for_templates(),
        "Capabilities": Capabilities(),
    }
    try:
        found = engine.run(engine.collect(chart, top), engine.Host(World()), engine.SourceCache(), kind=kind)
    except HelmError as error:
        return {"out": "", "err": _printable(str(error))}
    return {"out": _printable(found["p/templates/t.yaml"])}


def _printable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@pytest.mark.parametrize("group", sorted(DATA["cases"]))
def test_group(group: str) -> None:
    """Each snippet gives the text or the error that Helm gave."""
    wrong = []
    for case in DATA["cases"][group]:
        wanted = {key: value for key, value in case.items() if key != "in"}
        found = render_snippet(DATA["files"], case["in"])
        if found != wanted:
            wrong.append((case["in"], wanted, found))
    assert not wrong


@pytest.mark.parametrize("group", sorted(DATA["cases"]))
def test_group_interpreted(group: str) -> None:
    """What is interpreted at all gives what Helm gave; errors are left to compiled code."""
    wrong = []
    for case in DATA["cases"][group]:
        try:
            found = render_snippet(DATA["files"], case["in"], FirstRender)
        except AgainError:
            if not case.get("err"):
                LEFT.append(case["in"])
            continue
        if found != {key: value for key, value in case.items() if key != "in"}:
            wrong.append((case["in"], case, found))
    assert not wrong


LEFT: list[str] = []  # snippets that render, and are left to the compiler nevertheless


def test_hardly_anything_that_renders_is_left_to_the_compiler() -> None:
    """The comparison above is one of thousands of cases."""
    assert len(LEFT) < 0.05 * sum(map(len, DATA["cases"].values()))


def test_enough_is_recorded() -> None:
    """The file holds thousands of cases for all groups of functions."""
    assert len(DATA["cases"]) > 200
    assert sum(map(len, DATA["cases"].values())) > 4000
