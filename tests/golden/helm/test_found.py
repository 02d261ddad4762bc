"""What random programs found: each is a template that was once rendered otherwise than by Helm's library.

found.json holds the answers of Helm's library; `python tests/peer/random_programs.py --record` asks it again.
"""

from __future__ import annotations

import json
import re
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

RECORDED = json.loads((Path(__file__).parent / "found.json").read_text())
AGAIN = {"again": ""}  # the interpreter leaves it to the compiler


def render_program(
    files: dict[str, str], program: str, kind: type[Render] = Render, world: World | None = None
) -> dict[str, str]:
    """Return what one kind of render makes of *program* as a template of the chart made of *files*."""
    raw = {name: text.encode() for name, text in files.items()}
    chart = load_chart({**raw, "templates/t.yaml": program.encode("utf-8", "surrogateescape")})
    top = {
        "Values": Values(helm_values.coalesce(chart, {}, [])),
        "Release": Release().for_templates(),
        "Capabilities": Capabilities(),
    }
    host = engine.Host(world or World())
    try:
        found = engine.run(engine.collect(chart, top), host, engine.SourceCache(), kind=kind)
    except AgainError:
        return AGAIN
    except HelmError as error:
        return {"out": "", "err": _printable(str(error))}
    return {"out": _printable(found["p/templates/t.yaml"])}


def _printable(text: str) -> str:
    """Return *text* as Go's JSON shows it: a mark for each byte that is no character."""
    return re.sub("[\udc80-\udcff]", "\ufffd", text)


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["in"][:60].encode("unicode_escape").decode())
def test_found(case: dict[str, str]) -> None:
    """A program gives Helm's text or error; interpreted, it gives the same or is left to the compiler."""
    wanted = {key: value for key, value in case.items() if key != "in"}
    assert render_program(RECORDED["files"], case["in"]) == wanted
    assert render_program(RECORDED["files"], case["in"], FirstRender) in (wanted, AGAIN)


HOLDING_THEMSELVES = (
    "{{ $a := dict `x` 1 }}{{ $b := dict `l` (list $a) }}{{ $_ := set $a `b` $b }}{{ $_ := set $b `b` $a }}"
)
USES = (
    "{{ print $a }}",
    '{{ printf "%v %#v" $a $a }}',
    "{{ deepCopy $a }}",
    "{{ merge (dict) $a $b }}",
    "{{ mergeOverwrite $a $b }}",
    "{{ deepEqual $a $b }}",
    "{{ eq $a 1 }}",
    "{{ toToml $a }}",
    "{{ toYamlPretty $a }}",
    "{{ $a | quote }}",
    "{{ uniq (list $a $b) }}",
    "{{ range $a }}{{ . }}{{ end }}",
    '{{ fail (printf "%v" $a) }}',
    "{{ list $a | join `,` }}",
    "{{ dict $a 1 }}",
)


@pytest.mark.parametrize("use", USES)
def test_value_that_holds_itself(use: str) -> None:
    """A map inside itself ends in an error or a text, soon; Helm's process is killed by some of these."""
    program = HOLDING_THEMSELVES + use
    answer = render_program(RECORDED["files"], program)
    assert "Traceback" not in answer.get("err", "")
    assert len(answer.get("err", "") + answer["out"]) < 200_000
