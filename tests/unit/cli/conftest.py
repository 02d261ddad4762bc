"""A fleet behind an API server of our own, and the command line in front of it, without a socket."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.cli.connection import Connection
from fairlead.cli.main import _parser
from fairlead.testing.serving import Served

HERE = Path(__file__).parent
OBJECTS = HERE.parents[1] / "golden/clusterctl/objects.json"
GOLDEN = HERE / "golden"
NOW = datetime(2026, 1, 1, 1, 30, tzinfo=UTC)
SERVER = "https://api.test:6443"
RECORD = "FAIRLEAD_RECORD_GOLDEN"


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Cli = Callable[..., Outcome]


def fleet_objects() -> list[Json]:
    """Two clusters from a simulation, and what Flux says of them."""
    flux = [obj for obj in goyaml.load_all((HERE / "flux.yaml").read_text()) if isinstance(obj, dict)]
    return [*flux, *orjson.loads(OBJECTS.read_bytes())]


@pytest.fixture(scope="session")
def shared() -> Iterator[Served]:
    """The fleet, for commands that only read."""
    served = Served(NOW, fleet_objects())
    yield served
    served.close()


@pytest.fixture
def served(shared: Served) -> Iterator[Served]:
    """The fleet, for one test alone."""
    served = Served(NOW, like=shared)
    yield served
    served.close()


def commands(served: Served, capsys: pytest.CaptureFixture[str], *folders: Path) -> Cli:
    """The command line against *served*."""

    def run(*argv: str) -> Outcome:
        try:
            args = _parser(argv[0]).parse_args(list(argv))
        except SystemExit as ending:
            return Outcome(int(ending.code or 0), *capsys.readouterr())

        def connect(args: Any) -> Connection:
            return Connection(served.transport(), server=SERVER, folders=folders, clock=served.clock)

        code = args.run(args, connect=connect)
        return Outcome(code, *capsys.readouterr())

    return run


@pytest.fixture
def cli(shared: Served, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line against the shared fleet."""
    return commands(shared, capsys)


@pytest.fixture
def own(served: Served, capsys: pytest.CaptureFixture[str]) -> Cli:
    """The command line against a fleet that may be changed."""
    return commands(served, capsys)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """No colours and 80 columns, whatever runs the tests."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)


def check_golden(name: str, text: str) -> None:
    """*text* is what the golden file has; with FAIRLEAD_RECORD_GOLDEN set the file is written."""
    text = re.sub(r'(resourceVersion"?: )"\d+"', r'\1"…"', text)  # it counts the kinds that the server knows
    path = GOLDEN / f"{name}.txt"
    if os.environ.get(RECORD):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
