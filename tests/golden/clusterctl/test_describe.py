"""`fairlead cluster describe` prints what clusterctl printed of the same objects."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairlead.cli import cluster
from fairlead.cli.connection import Connection
from fairlead.testing.serving import Served

FOLDER = Path(__file__).parent
RECORDED = orjson.loads((FOLDER / "cases.json").read_bytes())
NOW = datetime.fromisoformat(RECORDED["now"])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """The recorded objects behind an API server, at the time of the recording."""
    served = Served(NOW, orjson.loads((FOLDER / "objects.json").read_bytes()))
    yield served
    served.close()


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["name"])
def test_describe(served: Served, case: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Every line, but for spaces at its end."""
    parser = argparse.ArgumentParser()
    cluster.configure(parser)
    args = parser.parse_args(["describe", *case["args"]])
    assert cluster.run(args, Connection(served.transport(), clock=served.clock)) == 0
    assert capsys.readouterr().out.splitlines() == case["output"]
