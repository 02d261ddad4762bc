"""Record what `helm lint` says of the charts in tests/golden/helm; run as a program, it writes lint.json."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "helm"
HELM = ROOT / ".peers" / "helm"
sys.path.insert(0, str(GOLDEN))

from lint_charts import LINT, Case, files_of  # noqa: E402 - beside the recordings


def record(cases: list[Case]) -> list[dict[str, object]]:
    """Return what helm says of each chart."""
    found: list[dict[str, object]] = []
    for name, change, flags in cases:
        with tempfile.TemporaryDirectory() as folder:
            for file, text in files_of(change).items():
                path = Path(folder) / "c" / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            environment = {"PATH": os.environ["PATH"], "HOME": folder}
            done = subprocess.run(
                [HELM, "lint", "c", *flags], cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            texts = [text.replace(folder, "DIR") for text in (done.stdout, done.stderr)]
            found.append({"name": name, "code": done.returncode, "out": texts[0], "err": texts[1]})
    return found


if __name__ == "__main__":
    (GOLDEN / "lint.json").write_text(json.dumps(record(LINT), indent=1, ensure_ascii=False) + "\n")
