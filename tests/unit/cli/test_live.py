"""`status --watch` and `tree --watch`: a new picture after each change, and only then."""

from __future__ import annotations

import queue
import signal
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from fairlead.base.objects import GVK, Json
from fairlead.cli import kinds, live
from fairlead.cli.connection import Connection
from fairlead.cli.errors import CommandError
from fairlead.cli.fleet import Fleet, Id
from fairlead.testing.serving import Served

GIT = GVK("source.toolkit.fluxcd.io", "v1", "GitRepository")
FLEET = Id("GitRepository", "flux-system", "fleet")


def test_changes_make_pictures(served: Served) -> None:
    """First what is there, then each change; an object that is deleted is gone from the next picture."""
    connection = Connection(served.transport(), clock=served.clock)
    pictures = live.fleets(connection, (kinds.GIT_REPOSITORY, kinds.CLUSTER), gather_seconds=0.05)
    first = next(pictures)
    assert {id_.kind for id_ in first.objects} == {"GitRepository", "Cluster"}
    assert len(first.objects) == 3
    served.run(served.client.patch(GIT, "fleet", "flux-system", {"spec": {"suspend": True}}))
    second = next(pictures)
    assert second.objects[FLEET]["spec"]["suspend"] is True
    assert len(second.objects) == 3
    served.run(served.client.delete(GIT, "fleet", "flux-system"))
    assert FLEET not in next(pictures).objects
    pictures.close()


def test_an_api_that_goes_away_is_an_error(served: Served) -> None:
    """The picture does not stand still silently."""

    class Gone:
        def request(self, *arguments: object) -> object:
            raise ConnectionRefusedError(111, "Connection refused")

        def twin(self) -> Gone:
            return self

        def close(self) -> None:
            return None

    pictures = live.fleets(Connection(Gone(), server="https://api.test"), (kinds.CLUSTER,))
    with pytest.raises(CommandError, match=r"cannot reach the management API at https://api.test: connection refused"):
        next(pictures)


def test_what_did_not_change_is_not_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    """The same text is not printed twice; in a pipe pictures stand one below the other."""
    live.show(iter([Fleet(()), Fleet(()), Fleet([{"kind": "Cluster", "metadata": {"name": "a"}}])]), _count)
    assert capsys.readouterr().out == "0 objects\n\n1 objects\n"


def test_another_terminal_size_is_another_picture(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has to change in the fleet for the picture to fit again; afterwards the signal is as it was."""
    before = signal.getsignal(signal.SIGWINCH)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    connection = Connection(served.transport(), clock=served.clock)
    pictures = live.fleets(connection, (kinds.GIT_REPOSITORY,), gather_seconds=0.05)
    first = next(pictures)
    signal.raise_signal(signal.SIGWINCH)
    assert next(pictures).objects == first.objects
    pictures.close()
    assert signal.getsignal(signal.SIGWINCH) == before


class Ticking:
    """A clock that moves on at every change taken."""

    seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, delay: object) -> None:
        raise NotImplementedError


class Endless:
    """Changes that never pause: one every tenth of a second."""

    def __init__(self, clock: Ticking) -> None:
        self.clock = clock
        self.taken = 0

    def get(self, timeout: float | None = None) -> tuple[str, Json]:
        if timeout is not None and timeout < 0.1:
            self.clock.seconds += timeout
            raise queue.Empty
        self.clock.seconds += 0.1
        self.taken += 1
        return "MODIFIED", {"kind": "Cluster", "metadata": {"name": str(self.taken)}}


def test_changes_without_a_pause_do_not_keep_the_picture_away() -> None:
    """A large fleet that comes up changes all the time; it is drawn all the same."""
    clock = Ticking()
    changes: Any = Endless(clock)
    objects: dict[Id, Json] = {}
    live.gather(changes, objects, 0.2, clock)
    assert clock.seconds < 2
    assert len(objects) == changes.taken > 5


def test_a_refused_kind_is_an_error() -> None:
    """A kind that the user may not see is told; one that is not served is left out."""

    class Refusing:
        def __init__(self, codes: list[int]) -> None:
            self.codes = codes

        def request(self, *arguments: object) -> Refusing:
            self.status = self.codes.pop(0)
            return self

        def read(self) -> bytes:
            return b'{"kind": "Status", "reason": "Forbidden", "message": "clusters is forbidden"}'

        def twin(self) -> Refusing:
            return self

        def close(self) -> None:
            return None

    refusing: Any = Refusing([410, 403])
    with pytest.raises(CommandError, match="clusters is forbidden"):
        next(live.fleets(Connection(refusing), (kinds.CLUSTER,)))
    absent: Any = Refusing([404])
    assert not next(live.fleets(Connection(absent), (kinds.CLUSTER,))).objects


COLORED = "\033[32mok\033[0m\n"


@pytest.mark.parametrize(
    ("text", "columns", "lines", "expected"),
    [
        ("a\nb\n", 80, 3, "a\nb\n"),
        ("a\nb\nc\n", 80, 3, "a\n… 2 more lines\n"),
        ("a" * 25 + "\nb\nc\n", 10, 5, "a" * 25 + "\n… 2 more lines\n"),
        ("a" * 35 + "\nb\n", 10, 5, "… 2 more lines\n"),
        (COLORED * 3, 2, 4, COLORED * 3),
        ("\n\n\n", 10, 3, "\n… 2 more lines\n"),
    ],
    ids=["fits", "too many", "a line that wraps", "too long", "colours take no room", "empty lines"],
)
def test_a_picture_fits_the_terminal(text: str, columns: int, lines: int, expected: str) -> None:
    """It never scrolls: a line that is wider than the terminal counts as often as it wraps."""
    assert live.fit(text, columns, lines) == expected


def _count(fleet: Fleet) -> str:
    return f"{len(fleet.objects)} objects\n"
