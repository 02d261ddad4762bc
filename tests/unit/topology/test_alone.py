"""Rules of topologies in a webhook against a real API server, which sees nothing but the one object."""

from fairlead.api.clusterapi.clusterrules import default_cluster, validate_cluster
from fairlead.api.kind import Admission
from fairlead.base.objects import Json, copy
from fairlead.testing.topology import Managed


def stored(written: Managed) -> Json:
    cluster = copy(written.cluster())
    cluster["metadata"]["namespace"] = "fleet"
    return dict(cluster)


def problems(old: Managed, new: Managed) -> list[str]:
    given = Admission("UPDATE", stored(new), stored(old), alone=True)
    assert default_cluster(given) == stored(new)
    return [f"{problem.field}: {problem.message}" for problem in validate_cluster(given)]


def test_changes_that_need_the_class_pass() -> None:
    """Replicas, variables and a new version go through: what is wrong with them the topology controller says."""
    old = Managed()
    assert problems(old, old.change(workers=(("md-0", 5),))) == []
    assert problems(old, old.change(memory=8192)) == []
    assert problems(old, old.change(version="v1.37.0")) == []


def test_what_can_be_told_is_refused() -> None:
    """A version that goes back needs no look at others."""
    [problem] = problems(Managed(), Managed(version="v1.34.0"))
    assert 'version cannot be decreased from "1.35.0" to "1.34.0"' in problem
