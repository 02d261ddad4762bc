"""Record what Cluster API's packages say of ClusterClasses and topologies, into tests/golden/clusterclass.

    .venv/bin/python tests/peer/record_topology.py [--check]

Asks the peer `capi-topology` (peers/build .peers capi-topology) the questions of topology_cases.py. A file holds a
line per case, `[name, question, answer]`. --check writes nothing and tells which answers have changed.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from topology_cases import questions

from fairlead.base.objects import Json
from fairlead.engines.schema.errors import go_json
from fairlead.testing import peers

FOLDER = Path(__file__).parents[2] / "tests/golden/clusterclass"
SUFFIX = re.compile(r"((?:skiff|blue)(?:-md-[0-9])?)-[bcdfghjklmnpqrstvwxz2456789]{5}\b")


def ask(asked: list[Json]) -> list[Json]:
    """The peer's answers; random suffixes of names read `-xxxxx`."""
    tool = peers.find("capi-topology")
    assert tool is not None, peers.missing("capi-topology")
    lines = "".join(f"{go_json(each)}\n" for each in asked)
    done = subprocess.run([str(tool)], input=lines, capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(SUFFIX.sub(r"\1-xxxxx", line)) for line in done.stdout.splitlines()]


def text_of(cases: dict[str, Json], answers: list[Json]) -> str:
    """A golden file: a JSON array with a case a line."""
    rows = [
        json.dumps([name, question, answer], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        for (name, question), answer in zip(cases.items(), answers, strict=True)
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n"


def recorded(name: str) -> list[list[Any]]:
    path = FOLDER / f"{name}.json"
    found: list[list[Any]] = json.loads(path.read_text()) if path.exists() else []
    return found


def drift() -> list[str]:
    """The names of cases whose recorded question or answer is not the peer's any more."""
    changed: list[str] = []
    for name, cases in questions().items():
        known = {case: (question, answer) for case, question, answer in recorded(name)}
        for (case, question), answer in zip(cases.items(), ask(list(cases.values())), strict=True):
            if known.pop(case, None) != (json.loads(json.dumps(question)), answer):
                changed.append(f"{name}: {case}")
        changed.extend(f"{name}: {case} (not asked any more)" for case in known)
    return changed


def main() -> int:
    if "--check" in sys.argv[1:]:
        changed = drift()
        print("\n".join(changed) or "all answers are as recorded")
        return 1 if changed else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, cases in questions().items():
        (FOLDER / f"{name}.json").write_text(text_of(cases, ask(list(cases.values()))))
        print(f"{name}: {len(cases)} cases")
    return 0


if __name__ == "__main__":
    sys.exit(main())
