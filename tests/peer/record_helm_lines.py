"""Run the command lines of tests/golden/helm through the real helm; run as a program, it records what helm does."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "helm"
HELM = ROOT / ".peers" / "helm"
sys.path.insert(0, str(GOLDEN))

import command_lines  # noqa: E402 - beside the recordings
import command_world  # noqa: E402


def record(lines: list[list[str]]) -> dict[str, dict[str, object]]:
    """Return what helm does with each line."""
    found: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder, command_world.serving(Path(folder)) as address:
        place = command_world.make_place(Path(folder), address)
        environment = {"PATH": os.environ["PATH"], **place.environment()}
        run = {"cwd": place.root, "env": environment, "stdin": subprocess.DEVNULL, "capture_output": True}
        subprocess.run([HELM, "repo", "update"], check=True, **run)
        for line in lines:
            done = subprocess.run([HELM, *place.words(line)], timeout=60, check=False, **run)
            texts = (data.decode("utf-8", "surrogateescape") for data in (done.stdout, done.stderr))
            found[shlex.join(line)] = command_world.outcome(place, done.returncode, *texts)
    return found


def main() -> None:
    """Write what helm does."""
    path = GOLDEN / "command_lines.json"
    path.write_text(json.dumps(record(command_lines.lines()), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
