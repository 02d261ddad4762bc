"""Run the post-renderers of tests/golden/helm under the real helm; run as a program, it records what helm prints."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from record_helm_lines import GOLDEN, HELM

sys.path.insert(0, str(GOLDEN))

import post_renders


def record() -> dict[str, dict[str, object]]:
    """Return what helm does with each line."""
    found: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        post_renders.write(folder)
        environment = {"PATH": os.environ["PATH"], **post_renders.environment(folder)}
        for line in post_renders.LINES:
            command = [str(HELM), *shlex.split(line)]
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
            )
            found[line] = {"code": done.returncode, "out": done.stdout, "err": done.stderr}
    return found


def main() -> None:
    """Write what helm does."""
    path = GOLDEN / "post_renders.json"
    path.write_text(json.dumps(record(), indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
