"""The vSphere provider's own published ClusterClasses: admitted, defaulted and patched as they are."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path

import pytest

from fairlead.api.clusterapi.conversion import convert
from fairlead.base import yaml
from fairlead.base.objects import Json
from fairlead.engines.clusterclass.definitions import validate_definitions
from fairlead.engines.clusterclass.naming import validate_naming
from fairlead.engines.clusterclass.patches import Desired, Pair, Templates, Worker, apply_patches
from fairlead.engines.clusterclass.patchrules import validate_patches
from fairlead.engines.clusterclass.variables import default_topology, definitions_of, validate_topology
from fairlead.engines.substitution import substitute

SHARED = os.environ.get("FAIRLEAD_SHARED")
pytestmark = pytest.mark.skipif(not SHARED, reason="FAIRLEAD_SHARED names no folder of shared fixtures")

VARIABLES = {
    **json.loads((Path(__file__).parents[3] / "data" / "capv-variables.json").read_text()),
    "CLUSTER_CLASS_NAME": "boats",
    "VSPHERE_MACHINE_CLASS_NAME": "best-effort-small",
    "VSPHERE_IMAGE_NAME": "ubuntu-2404-kube-v1.35.0",
    "VSPHERE_STORAGE_CLASS": "silver",
}
FILES = [f"{version}/{{}}{flavour}.yaml" for version in ("v1.13", "v1.17") for flavour in ("", "-supervisor")]


def documents(file: str) -> list[Json]:
    """The objects of a published file; Cluster and ClusterClass as they are stored."""
    text = substitute((Path(SHARED or "") / "fixtures/capv" / file).read_text(), VARIABLES)
    found = [each for each in yaml.load_all(text) if isinstance(each, dict)]
    kept = ("Cluster", "ClusterClass")
    return [convert(copy.deepcopy(each), "v1beta2") if each["kind"] in kept else each for each in found]


def only(kind: str, objects: list[Json]) -> Json:
    [found] = [each for each in objects if each["kind"] == kind]
    return found


def referred(part: Json, objects: list[Json]) -> Json:
    """The template that a part of a ClusterClass refers to."""
    wanted = part["templateRef"]
    [found] = [
        each
        for each in objects
        if all(each[key] == wanted[key] for key in ("kind", "apiVersion"))
        and each["metadata"]["name"] == wanted["name"]
    ]
    return found


def made(template: Json, name: str, *, is_template: bool = False) -> Json:
    """What the topology makes of a template before patches."""
    labels = {"cluster.x-k8s.io/cluster-name": "blue", "topology.cluster.x-k8s.io/owned": ""}
    spec = template.get("spec", {}) if is_template else template.get("spec", {}).get("template", {}).get("spec", {})
    kind = template["kind"] if is_template else template["kind"].removesuffix("Template")
    metadata = {"name": name, "namespace": "fleet", "labels": labels}
    return {"apiVersion": template["apiVersion"], "kind": kind, "metadata": metadata, "spec": copy.deepcopy(spec)}


def wanted(file: str) -> tuple[Json, Templates, Desired]:
    """Class, templates and what the published cluster wants before patches."""
    objects, cluster = documents(file.format("clusterclass-template")), None
    cluster = only("Cluster", documents(file.format("cluster-template-topology")))
    cluster["metadata"].setdefault("namespace", "fleet")
    given = only("ClusterClass", objects)
    spec = given["spec"]
    [deck] = spec["workers"]["machineDeployments"]
    templates = Templates(
        referred(spec["infrastructure"], objects),
        referred(spec["controlPlane"], objects),
        referred(spec["controlPlane"]["machineInfrastructure"], objects),
        {deck["class"]: Pair(referred(deck["bootstrap"], objects), referred(deck["infrastructure"], objects))},
    )
    topology, problems = default_topology(cluster["spec"]["topology"], definitions_of(given))
    assert problems == []
    cluster["spec"]["topology"] = topology
    assert validate_topology(topology, None, definitions_of(given)) == []
    control = made(templates.control_plane, "blue-x")
    control["spec"]["version"] = topology["version"]
    assert templates.control_plane_machine is not None
    [listed] = topology["workers"]["machineDeployments"]
    pair = templates.machine_deployments[listed["class"]]
    deployment = {
        "apiVersion": "cluster.x-k8s.io/v1beta2",
        "kind": "MachineDeployment",
        "metadata": {"name": "blue-md-0-x", "labels": {}},
        "spec": {"replicas": 2, "template": {"spec": {"version": topology["version"]}}},
    }
    worker = Worker(
        listed,
        deployment,
        made(pair.bootstrap, "blue-md-0-b", is_template=True),
        made(pair.infrastructure, "blue-md-0-i", is_template=True),
    )
    return (
        given,
        templates,
        Desired(
            cluster,
            made(templates.infrastructure_cluster, "blue-i"),
            control,
            made(templates.control_plane_machine, "blue-m", is_template=True),
            (worker,),
        ),
    )


@pytest.mark.parametrize("file", FILES)
def test_class_is_sound(file: str) -> None:
    """Nothing is said against the class's names, variables and patches."""
    given = only("ClusterClass", documents(file.format("clusterclass-template")))
    assert validate_naming(given) == []
    assert validate_definitions(given["spec"]["variables"]) == []
    assert validate_patches(given) == []


@pytest.mark.parametrize("file", FILES)
def test_patches_put_the_variables_in_their_places(file: str) -> None:
    """The control plane's address goes into kube-vip's manifest and into the cluster, the key into both users lists."""
    given, templates, plain = wanted(file)
    found = apply_patches(given, templates, plain)
    config = found.control_plane["spec"]["kubeadmConfigSpec"]
    manifest, hosts, script = config["files"][:3]
    assert (manifest["path"], manifest["owner"]) == ("/etc/kubernetes/manifests/kube-vip.yaml", "root:root")
    assert "- name: address\n      value: 192.168.9.10\n" in manifest["content"]
    assert (hosts["path"], script["permissions"]) == ("/etc/kube-vip.hosts", "0700")
    key = VARIABLES["VSPHERE_SSH_AUTHORIZED_KEY"]
    users = [{"name": "capv", "sshAuthorizedKeys": [key], "sudo": "ALL=(ALL) NOPASSWD:ALL"}]
    assert config["users"] == users
    [worker] = found.machine_deployments
    assert worker.bootstrap["spec"]["template"]["spec"]["users"] == users
    assert found.infrastructure_cluster["spec"]["controlPlaneEndpoint"] == {"host": "192.168.9.10", "port": 6443}
    assert found.control_plane["spec"]["version"] == "v1.35.0"


@pytest.mark.parametrize("version", ["v1.13", "v1.17"])
def test_vcenter_of_the_infrastructure(version: str) -> None:
    """The template may have no spec at all: a patch makes it."""
    given, templates, plain = wanted(f"{version}/{{}}.yaml")
    spec = apply_patches(given, templates, plain).infrastructure_cluster["spec"]
    assert spec["server"] == VARIABLES["VSPHERE_SERVER"]
    assert spec["thumbprint"] == VARIABLES["VSPHERE_TLS_THUMBPRINT"]
    assert spec["identityRef"] == {"kind": "Secret", "name": "blue"}


def test_no_key_no_users() -> None:
    """Without an SSH key the condition of its patch does not hold; the template's own users stay."""
    given, templates, plain = wanted("v1.17/{}.yaml")
    topology = plain.cluster["spec"]["topology"]
    topology["variables"] = [each for each in topology["variables"] if each["name"] != "sshKey"]
    [worker] = apply_patches(given, templates, plain).machine_deployments
    assert "users" not in worker.bootstrap["spec"]["template"]["spec"]
