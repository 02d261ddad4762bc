"""The sample fleet: what an empty one keeps, and how clusters are added to it."""

import json
from pathlib import Path
from typing import Any

from fairlead.app.fleet import empty_fleet, read_folder, sample_fleet
from fairlead.app.program import inventory_of
from fairlead.base import yaml as goyaml
from fairlead.cli.demo import expected_clusters
from fairlead.vcenter.layout import DEFAULT, parse_layout


def test_sample_has_two_environments() -> None:
    """The sample fleet has harbour in production and skiff in staging."""
    assert [str(key) for key in expected_clusters(sample_fleet())] == ["production/harbour", "staging/skiff"]


def test_empty_fleet_has_everything_but_clusters() -> None:
    """Charts, add-ons, apps and the environments' namespaces stay."""
    files, sample = empty_fleet(), sample_fleet()
    assert expected_clusters(files) == []
    assert {path.split("/")[0] for path in files} == {path.split("/")[0] for path in sample}
    assert "clusters/production/namespace.yaml" in files


def test_more_clusters_differ_in_name_and_address() -> None:
    """Each further cluster has 1 + 2 machines and an address of its own."""
    files = sample_fleet(more=250)
    clusters = expected_clusters(files)
    assert len(clusters) == 252
    values = [
        goyaml.load(data.replace(b"${vcenter_server}", b"x").replace(b"${vcenter_thumbprint}", b"y"))
        for path, (data, _) in files.items()
        if path.endswith("/values.yaml") and "/skiff-" in path
    ]
    assert {(v["controlPlane"]["replicas"], v["workers"]["replicas"]) for v in values} == {(1, 2)}
    assert len({v["controlPlane"]["endpoint"] for v in values}) == 250
    release = goyaml.load(files["clusters/staging/skiff-007/cluster.yaml"][0])
    assert release["metadata"]["name"] == "skiff-007"
    assert release["spec"]["valuesFrom"][0]["name"] == "skiff-007-values"


def test_inventory_names_what_manifests_need() -> None:
    """endpoints.json tells the names of the inventory, with the templates by their Kubernetes version."""
    found = inventory_of(DEFAULT)
    assert found["templates"]["v1.33.1"] == "ubuntu-2404-kube-v1.33.1"
    assert (found["datacenter"], found["datastore"], found["network"]) == ("DC0", "LocalDS_0", "VM Network")
    assert found["resourcePool"] == "/DC0/host/DC0_C0/Resources"
    other = parse_layout({"datacenters": [{"name": "X", "clusters": [], "datastores": [], "networks": []}]})
    assert inventory_of(other)["datastore"] == ""


def test_misspelt_values_of_the_sample_chart_are_refused() -> None:
    """Its schema knows every value that there is, and no other."""
    chart = read_folder(Path(__file__).parents[3] / "examples/fleet/charts/capv-cluster")
    values, schema = goyaml.load(chart["values.yaml"][0]), json.loads(chart["values.schema.json"][0])

    def check(part: Any, known: Any) -> None:
        assert known["additionalProperties"] is False
        assert part.keys() == known["properties"].keys() - {"global"}
        for name, value in part.items():
            if isinstance(value, dict):
                check(value, known["properties"][name])

    check(values, schema)
