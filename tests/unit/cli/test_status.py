"""What `status` says of namespaces."""

from __future__ import annotations

from fairlead.cli.fleet import Fleet

from .conftest import Cli, fleet_objects


def test_a_namespace_that_is_not_there(cli: Cli) -> None:
    """It is an error, not an empty fleet in which all is Ready."""
    outcome = cli("status", "-n", "nowhere")
    assert (outcome.code, outcome.out) == (1, "")
    assert "namespace 'nowhere' does not exist" in outcome.err
    assert "hint: without -n" in outcome.err


def test_a_namespace_without_a_fleet(cli: Cli) -> None:
    """Nothing is there, and that is said of the namespace."""
    outcome = cli("status", "-n", "kube-system")
    assert (outcome.code, outcome.out) == (0, "Nothing in namespace kube-system yet: no sources, no clusters.\n")


def test_part_of_a_fleet() -> None:
    """What `status --watch -n` shows of all that it follows."""
    fleet = Fleet(fleet_objects())
    assert {id_.namespace for id_ in fleet.within("staging").objects} == {"staging"}
    assert fleet.within("").objects == fleet.objects
