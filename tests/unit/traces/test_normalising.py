"""What differs from run to run is replaced, what the simulator leaves is dropped, all else stays."""

import pytest

from fairlead.testing.traces.normalising import Names, flatten

from .rows import obj

NAMES = Names(["demo-md-0-pmm9h", "demo-md-0-pmm9h-5jc99", "demo-rmdhn"])


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("* Machines demo-md-0-pmm9h-5jc99, demo-rmdhn: x", "* Machines demo-md-0-*-*, demo-*: x"),
        ("474945861-pmm9h", "474945861-*"),
        ("demo-md-0", "demo-md-0"),
        ("until 2027-11-22T21:59:45Z", "until <time>"),
        ("vsphere://44c1cd91-a095-57c6-87c4-25e66cd606fc", "vsphere://<uuid>"),
        ("abcdef.0123456789abcdef", "<token>"),
        ("v1.35.0", "v1.35.0"),
    ],
)
def test_generated_parts_become_patterns(text: str, plain: str) -> None:
    """Names by what they were made from; times, UUIDs and tokens by their form."""
    assert NAMES.canonical(text) == plain


def test_flattened_object() -> None:
    """Conditions, owners and finalizers are keyed by what they are; residue and counters are gone."""
    machine = obj(
        "Machine",
        "demo-rmdhn",
        owner="Cluster/demo",
        conditions="Ready=False/NotReady",
        metadata={"finalizers": ["machine.cluster.x-k8s.io", "vcsim.fake.infrastructure.cluster.x-k8s.io"]},
        spec={"taints": [{"key": "a"}]},
    )
    machine["status"] |= {"observedGeneration": 3, "addresses": [{"address": "192.0.2.1"}], "phase": "Running"}
    assert flatten(machine, NAMES) == {
        "metadata.name": "demo-*",
        "metadata.finalizers[machine.cluster.x-k8s.io]": "there",
        "metadata.ownerReferences[Cluster/demo]": "cluster.x-k8s.io/v1beta2",
        "spec.taints[0].key": "a",
        "status.conditions order": "Ready",
        "status.conditions[Ready]": "False/NotReady",
        "status.conditions[Ready].message": "",
        "status.phase": "Running",
    }


def test_secrets_are_compared_by_their_keys() -> None:
    """Values are sizes in recordings, and bytes in runs."""
    theirs = obj("Secret", "demo-ca", data={"tls.crt": "<redacted, 1071 bytes>"}, type="cluster.x-k8s.io/secret")
    ours = {**theirs, "data": {"tls.crt": "QUJD"}}
    assert flatten(theirs, NAMES) == flatten(ours, NAMES)
    assert flatten(theirs, NAMES) != flatten({**ours, "data": {"tls.key": "QUJD"}}, NAMES)
