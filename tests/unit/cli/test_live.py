"""`status --watch` and `tree --watch`: a new picture after each change, and only then."""

from __future__ import annotations

import pytest

from fairlead.base.objects import GVK
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


def _count(fleet: Fleet) -> str:
    return f"{len(fleet.objects)} objects\n"
