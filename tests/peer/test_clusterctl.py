"""`fairlead cluster describe` beside the real clusterctl, on the same API server."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairlead.cli.main import main
from fairlead.testing.serving import Served

ROOT = Path(__file__).parents[2]
CLUSTERCTL = ROOT / ".peers" / "clusterctl"
FOLDER = ROOT / "tests/golden/clusterctl"
CASES = orjson.loads((FOLDER / "cases.json").read_bytes())["cases"]

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not CLUSTERCTL.exists(), reason="clusterctl is not built: run `peers/build .peers clusterctl`"),
]


@pytest.fixture(scope="module")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two recorded clusters behind a TLS port."""
    served = Served(datetime.now(UTC), orjson.loads((FOLDER / "objects.json").read_bytes()))
    yield served.listen(tmp_path_factory.mktemp("served"))
    served.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_describe(kubeconfig: Path, case: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Both print the same lines; ages may differ by the second between the two."""
    home = str(kubeconfig.parent)
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "HOME": home, "XDG_CONFIG_HOME": home}
    command = [str(CLUSTERCTL), "describe", "cluster", *case["args"]]
    real = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60).stdout
    assert main(["cluster", "describe", *case["args"], "--kubeconfig", str(kubeconfig)]) == 0
    assert _lines(capsys.readouterr().out) == _lines(real)


def _lines(text: str) -> list[str]:
    return [re.sub(r"  \d+[dhms]\S* ", "  AGE ", line.rstrip()) for line in text.splitlines()]
