"""What a managed cluster shall have: every object that its topology and ClusterClass ask for. Pure.

Source: cluster-api v1.14, exp/topology/desiredstate/desired_state.go, exp/topology/scope/blueprint.go,
internal/topology/selectors. Values of the topology win over those of the class.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.base.objects import GVK, Json, Key, annotations, copy, get_in, labels, meta
from fairlead.controllers.clusterapi.cloning import CLONED_KIND, CLONED_NAME, contract_reference
from fairlead.controllers.clusterapi.topology import contract
from fairlead.controllers.clusterapi.topology.blueprint import Blueprint, TopologyError
from fairlead.controllers.clusterapi.topology.current import Current, CurrentDeployment
from fairlead.controllers.clusterapi.topology.labels import (
    DEFER_UPGRADE,
    DEPLOYMENT,
    HOLD_UPGRADES,
    OWNED,
    UPGRADE_STEP,
)
from fairlead.controllers.contract import (
    CLUSTER_NAME_LABEL,
    CONTROL_PLANE_LABEL,
    MACHINE_DEPLOYMENT,
    MACHINE_HEALTH_CHECK,
    controller_reference,
    reference_to,
)
from fairlead.engines.clusterclass import naming
from fairlead.engines.clusterclass.patches import Desired, PatchError, Worker, apply_patches
from fairlead.engines.clusterclass.versions import Versions

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
STARTUP_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Wanted:
    """The objects of a managed cluster as they shall be; health checks of workers by topology name."""

    objects: Desired
    plane_health_check: Json | None = None
    health_checks: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Designer:
    """Makes the wanted objects of one cluster. *random* gives the ends of new names."""

    blueprint: Blueprint
    current: Current
    versions: Versions
    random: naming.Random

    def design(self) -> Wanted:
        """All wanted objects, patched. Raises: TopologyError when the class cannot make them."""
        infrastructure = self._infrastructure()
        machine = self._plane_machine()
        plane = self._plane(machine)
        entries = get_in(self._topology, "workers", "machineDeployments", default=())
        workers = tuple(self._worker(entry) for entry in entries)
        desired = Desired(self._owner(infrastructure, plane), infrastructure, plane, machine, workers)
        try:
            desired = apply_patches(self.blueprint.cluster_class, self.blueprint.templates, desired)
        except PatchError as error:
            raise TopologyError(f"error computing the desired state of the Cluster topology: {error}") from error
        checks = {worker.topology["name"]: self._worker_health_check(worker) for worker in desired.machine_deployments}
        return Wanted(
            desired,
            self._plane_health_check(desired.control_plane),
            {name: check for name, check in checks.items() if check is not None},
        )

    @property
    def _cluster(self) -> Json:
        return self.current.cluster

    @property
    def _name(self) -> str:
        return str(meta(self._cluster)["name"])

    @property
    def _topology(self) -> Json:
        topology: Json = self._cluster["spec"]["topology"]
        return topology

    @property
    def _spec(self) -> Json:
        spec: Json = self.blueprint.cluster_class["spec"]
        return spec

    # The cluster, its infrastructure and control plane

    def _owner(self, infrastructure: Json, plane: Json) -> Json:
        cluster: Json = copy(self._cluster)
        cluster["metadata"].setdefault("labels", {}).update({CLUSTER_NAME_LABEL: self._name, OWNED: ""})
        cluster["spec"]["infrastructureRef"] = contract_reference(infrastructure)
        cluster["spec"]["controlPlaneRef"] = contract_reference(plane)
        notes = dict(annotations(cluster))
        notes.pop(UPGRADE_STEP, None)
        if self.versions.upgrade_step:
            notes[UPGRADE_STEP] = self.versions.upgrade_step
        if notes or annotations(cluster):
            cluster["metadata"]["annotations"] = notes
        return cluster

    def _infrastructure(self) -> Json:
        name = _name_of(self.current.infrastructure) or naming.infrastructure_cluster_name(
            self.blueprint.cluster_class, self._name, self.random
        )
        return self._object(self.blueprint.templates.infrastructure_cluster, name)

    def _plane_machine(self) -> Json | None:
        template = self.blueprint.templates.control_plane_machine
        if template is None:
            return None
        reference = contract.machine_reference(self.current.plane) if self.current.plane is not None else {}
        name = reference.get("name") or naming.control_plane_template_name(self._name, self.random)
        return self._template(template, name, {})

    def _plane(self, machine: Json | None) -> Json:
        given, of_class = self._topology.get("controlPlane") or {}, self._spec["controlPlane"]
        marks = _merged("labels", of_class, given) | {CLUSTER_NAME_LABEL: self._name, OWNED: ""}
        notes = _merged("annotations", of_class, given)
        name = _name_of(self.current.plane) or naming.control_plane_name(
            self.blueprint.cluster_class, self._name, self.random
        )
        plane = self._object(self.blueprint.templates.control_plane, name, marks, notes)
        if machine is not None:
            contract.set_machine_reference(plane, machine)
            contract.set_machine_metadata(plane, marks, notes)
        if given.get("replicas") is not None:
            contract.put(plane, ("spec", "replicas"), given["replicas"])
        after = get_in(given, "rollout", "after")
        if after:
            contract.set_rollout_after(plane, after)
        for part in ("readinessGates", "taints"):
            value = given.get(part) or of_class.get(part)
            if value:
                contract.set_machine_field(plane, part, copy(value))
        contract.set_deletion(plane, {**(of_class.get("deletion") or {}), **(given.get("deletion") or {})})
        contract.put(plane, ("spec", "version"), self.versions.control_plane)
        return plane

    def _object(
        self,
        template: Json,
        name: str,
        marks: Mapping[str, str] | None = None,
        notes: Mapping[str, str] | None = None,
    ) -> Json:
        """The object that *template* describes, owned by the cluster as its controller."""
        content, gvk = get_in(template, "spec", "template", default={}), GVK.of(template)
        return {
            "apiVersion": content.get("apiVersion") or gvk.api_version,
            "kind": content.get("kind") or gvk.kind.removesuffix("Template"),
            "metadata": {
                "name": name,
                "namespace": Key.of(self._cluster).namespace,
                "labels": {**labels(content), **(marks or {}), CLUSTER_NAME_LABEL: self._name, OWNED: ""},
                "annotations": {**annotations(content), **(notes or {}), **_origin(template)},
                "ownerReferences": [controller_reference(self._cluster)],
            },
            "spec": copy(content.get("spec") or {}),
        }

    def _template(self, template: Json, name: str, marks: Mapping[str, str]) -> Json:
        """A template of the cluster's own, like *template*."""
        notes = {key: value for key, value in annotations(template).items() if key != LAST_APPLIED}
        return {
            "apiVersion": template["apiVersion"],
            "kind": template["kind"],
            "metadata": {
                "name": name,
                "namespace": Key.of(self._cluster).namespace,
                "labels": {**labels(template), CLUSTER_NAME_LABEL: self._name, OWNED: "", **marks},
                "annotations": {**notes, **_origin(template)},
                "ownerReferences": [reference_to(self._cluster)],
            },
            "spec": copy(template.get("spec") or {}),
        }

    # Workers

    def _worker(self, entry: Json) -> Worker:
        of_class = self.blueprint.deployment_classes.get(entry["class"])
        if of_class is None:
            text = f"MachineDeployment class {entry['class']} not found in ClusterClass {self.blueprint.name}"
            place = f'failed to compute MachineDepoyment for topology "{entry["name"]}"'
            raise TopologyError(f"failed to compute MachineDeployments: {place}: {text}")
        current = self.current.deployments.get(entry["name"])
        pair = self.blueprint.templates.machine_deployments[entry["class"]]
        mark = {DEPLOYMENT: entry["name"]}
        bootstrap = self._template(pair.bootstrap, self._template_name(entry, current, "bootstrap"), mark)
        infrastructure = self._template(
            pair.infrastructure, self._template_name(entry, current, "infrastructure"), mark
        )
        return Worker(entry, self._deployment(entry, of_class, bootstrap, infrastructure), bootstrap, infrastructure)

    def _template_name(self, entry: Json, current: CurrentDeployment | None, part: str) -> str:
        if current is not None and getattr(current, part) is not None:
            machine = current.object["spec"]["template"]["spec"]
            reference = machine["bootstrap"]["configRef"] if part == "bootstrap" else machine["infrastructureRef"]
            return str(reference["name"])
        return naming.worker_template_name(self._name, entry["name"], self.random)

    def _deployment(self, entry: Json, of_class: Json, bootstrap: Json, infrastructure: Json) -> Json:
        current = self.current.deployments.get(entry["name"])
        name = (
            meta(current.object)["name"]
            if current is not None
            else naming.machine_deployment_name(of_class, self._name, entry["name"], self.random)
        )
        own = {CLUSTER_NAME_LABEL: self._name, OWNED: "", DEPLOYMENT: entry["name"]}
        marks = _merged("labels", of_class, entry) | own
        notes = _merged("annotations", of_class, entry)
        for held in (HOLD_UPGRADES, DEFER_UPGRADE):
            notes.pop(held, None)
        metadata: Json = {"labels": marks, **({"annotations": notes} if notes else {})}
        spec: Json = {
            "clusterName": self._name,
            "selector": {"matchLabels": own},
            "template": {
                "metadata": copy(metadata),
                "spec": self._machine(entry, of_class, bootstrap, infrastructure),
            },
        }
        rollout = entry.get("rollout") or of_class.get("rollout")
        order = _chosen(entry, of_class, "deletion", "order")
        in_flight = _chosen(entry, of_class, "healthCheck", "remediation", "maxInFlight")
        if rollout:
            spec["rollout"] = copy(rollout)
        if order:
            spec["deletion"] = {"order": order}
        if in_flight is not None:
            spec["remediation"] = {"maxInFlight": in_flight}
        if entry.get("replicas") is not None:
            spec["replicas"] = entry["replicas"]
        return {
            "apiVersion": MACHINE_DEPLOYMENT.api_version,
            "kind": MACHINE_DEPLOYMENT.kind,
            "metadata": {"name": name, "namespace": Key.of(self._cluster).namespace, **metadata},
            "spec": spec,
        }

    def _machine(self, entry: Json, of_class: Json, bootstrap: Json, infrastructure: Json) -> Json:
        deletion = {**(of_class.get("deletion") or {}), **(entry.get("deletion") or {})}
        deletion.pop("order", None)
        machine: Json = {
            "clusterName": self._name,
            "version": self.versions.machine_deployments.versions[entry["name"]],
            "bootstrap": {"configRef": contract_reference(bootstrap)},
            "infrastructureRef": contract_reference(infrastructure),
        }
        for part in ("failureDomain", "minReadySeconds", "readinessGates", "taints"):
            value = _chosen(entry, of_class, part)
            if value not in (None, "", [], ()):
                machine[part] = copy(value)
        if deletion:
            machine["deletion"] = deletion
        return machine

    # Health checks

    def _plane_health_check(self, plane: Json) -> Json | None:
        if self.blueprint.templates.control_plane_machine is None:
            return None
        rules = _health_rules(self._topology.get("controlPlane") or {}, self._spec["controlPlane"])
        return None if rules is None else self._health_check(plane, {OWNED: "", CONTROL_PLANE_LABEL: ""}, rules)

    def _worker_health_check(self, worker: Worker) -> Json | None:
        rules = _health_rules(worker.topology, self.blueprint.deployment_classes[worker.topology["class"]])
        matched = {OWNED: "", DEPLOYMENT: worker.topology["name"]}
        return None if rules is None else self._health_check(worker.object, matched, rules)

    def _health_check(self, target: Json, matched: Mapping[str, str], rules: Json) -> Json:
        checks = {"nodeStartupTimeoutSeconds": STARTUP_SECONDS, **copy(rules.get("checks") or {})}
        remediation = {k: copy(v) for k, v in (rules.get("remediation") or {}).items() if k != "maxInFlight"}
        return {
            "apiVersion": MACHINE_HEALTH_CHECK.api_version,
            "kind": MACHINE_HEALTH_CHECK.kind,
            "metadata": {
                "name": meta(target)["name"],
                "namespace": meta(target)["namespace"],
                "labels": {OWNED: "", CLUSTER_NAME_LABEL: self._name},
                "ownerReferences": [reference_to(self._cluster)],
            },
            "spec": {
                "clusterName": self._name,
                "selector": {"matchLabels": dict(matched)},
                "checks": checks,
                **({"remediation": remediation} if remediation else {}),
            },
        }


def renamed(worker: Worker, *, bootstrap: Json | None = None, infrastructure: Json | None = None) -> Worker:
    """*worker* with its MachineDeployment referring to these templates."""
    deployment: Json = copy(worker.object)
    machine = deployment["spec"]["template"]["spec"]
    if bootstrap is not None:
        machine["bootstrap"]["configRef"] = contract_reference(bootstrap)
    if infrastructure is not None:
        machine["infrastructureRef"] = contract_reference(infrastructure)
    return replace(
        worker,
        object=deployment,
        bootstrap=bootstrap or worker.bootstrap,
        infrastructure=infrastructure or worker.infrastructure,
    )


def _name_of(obj: Json | None) -> str:
    return "" if obj is None else str(meta(obj)["name"])


def _origin(template: Json) -> dict[str, str]:
    return {CLONED_NAME: meta(template)["name"], CLONED_KIND: GVK.of(template).group_kind}


def _merged(part: str, of_class: Json, given: Json) -> dict[str, str]:
    """Labels or annotations that the class and the topology ask for."""
    return {**get_in(of_class, "metadata", part, default={}), **get_in(given, "metadata", part, default={})}


def _chosen(given: Json, of_class: Json, *path: str) -> Any:
    value = get_in(given, *path)
    return get_in(of_class, *path) if value in (None, "", [], ()) else value


def _health_rules(given: Json, of_class: Json) -> Json | None:
    """The checks and remediation that hold, or None where there is no health check or it is switched off."""
    own, general = given.get("healthCheck") or {}, of_class.get("healthCheck") or {}
    if own.get("enabled") is False:
        return None
    for rules in (own, general):
        if rules.get("checks") or rules.get("remediation"):
            return rules
    return None
