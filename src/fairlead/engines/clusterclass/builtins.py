"""The variables that patches see: those of the user, and ``builtin``, which tells about the cluster.

Source: Cluster API v1.14 core/reconcilers/topology/cluster/patches/variables/variables.go,
api/runtime/hooks/v1alpha1/topologymutation_variable_types.go, exp/runtime/topologymutation/variables.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fairlead.base.objects import Json

BUILTIN: Final = "builtin"
HIDDEN_ANNOTATIONS: Final = frozenset(
    {"kubectl.kubernetes.io/last-applied-configuration", "cluster.x-k8s.io/conversion-data"}
)


def values(given: Iterable[Mapping[str, Any]], declared: frozenset[str]) -> Json:
    """Return the values of a list of variables by name, as far as the class declares them."""
    return {each["name"]: each.get("value") for each in given if each["name"] in declared and each["name"] != BUILTIN}


def cluster_builtins(cluster: Json) -> Json:
    """Return ``builtin.cluster``."""
    metadata, spec = cluster["metadata"], cluster["spec"]
    topology = spec["topology"]
    reference = topology.get("classRef") or {}
    namespace = metadata.get("namespace") or ""
    name, class_namespace = reference.get("name") or "", reference.get("namespace") or namespace
    about: Json = {
        "name": metadata["name"],
        "namespace": namespace,
        "uid": metadata.get("uid") or "",
        "metadata": _metadata(metadata),
        "topology": _present(
            {
                "version": topology.get("version") or "",
                "class": name,
                "classNamespace": class_namespace,
                "classRef": {"name": name, "namespace": class_namespace},
            }
        ),
    }
    network = spec.get("clusterNetwork") or {}
    shown = {
        "serviceDomain": network.get("serviceDomain"),
        "services": (network.get("services") or {}).get("cidrBlocks"),
        "pods": (network.get("pods") or {}).get("cidrBlocks"),
    }
    about["network"] = _present(shown)
    return {"cluster": _present(about, keep=("metadata",))}


def control_plane_builtins(topology: Mapping[str, Any], control_plane: Json, machine_template: Json | None) -> Json:
    """Return ``builtin.controlPlane``; *topology* is ``spec.topology.controlPlane``."""
    metadata, spec = control_plane["metadata"], control_plane.get("spec") or {}
    about: Json = {
        "version": spec.get("version") or "",
        "metadata": _metadata(metadata),
        "name": metadata["name"],
    }
    if topology.get("replicas") is not None:
        about["replicas"] = spec.get("replicas")
    if machine_template is not None:
        about["machineTemplate"] = {"infrastructureRef": {"name": machine_template["metadata"]["name"]}}
    return {"controlPlane": _present(about, keep=("metadata",))}


def worker_builtins(key: str, topology: Mapping[str, Any], worker: Json, bootstrap: Json, infrastructure: Json) -> Json:
    """Return ``builtin.machineDeployment`` or ``builtin.machinePool`` (*key*)."""
    metadata, spec = worker["metadata"], worker["spec"]
    about: Json = {
        "version": spec["template"]["spec"].get("version") or "",
        "metadata": _metadata(metadata),
        "class": topology.get("class") or "",
        "name": metadata["name"],
        "topologyName": topology["name"],
        "replicas": spec.get("replicas"),
        "bootstrap": {"configRef": {"name": bootstrap["metadata"]["name"]}},
        "infrastructureRef": {"name": infrastructure["metadata"]["name"]},
    }
    return {key: _present(about, keep=("metadata",))}


def _metadata(metadata: Mapping[str, Any]) -> Json | None:
    labels, annotations = metadata.get("labels"), metadata.get("annotations")
    if labels is None and annotations is None:
        return None
    shown = {key: value for key, value in (annotations or {}).items() if key not in HIDDEN_ANNOTATIONS}
    return _present({"labels": labels, "annotations": shown})


def _present(about: Mapping[str, Any], keep: tuple[str, ...] = ()) -> Json:
    """Drop what Go's omitempty drops; a replica count of 0 stays (it is a pointer there), so does an empty *keep*."""
    return {
        key: value
        for key, value in about.items()
        if value is not None and (value not in ("", [], {}) or (key in keep and value == {}))
    }
