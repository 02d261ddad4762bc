"""MachineHealthCheck.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated

from fairlead.api.clusterapi.common import V1Beta1Condition
from fairlead.api.clusterapi.machineset import Selector
from fairlead.api.clusterapi.v1beta1.cluster import ControlPlaneRef, UnhealthyConditions, UnhealthyMachineConditions
from fairlead.api.clusterapi.v1beta1.machine import MachineV1beta2
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class MachineHealthCheckSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    selector: Annotated[Selector, Doc("Which machines belong to it."), Extra(map_type="atomic")]
    max_unhealthy: Annotated[IntOrString | None, Doc("Max unhealthy.")] = None
    node_startup_timeout: Annotated[str, Doc("Node startup timeout.")] = ""
    remediation_template: Annotated[ControlPlaneRef | None, Doc("Remediation template."), Extra(map_type="atomic")] = (
        None
    )
    unhealthy_conditions: Annotated[
        tuple[UnhealthyConditions, ...], Doc("Unhealthy conditions."), Extra(max_items=100)
    ] = ()
    unhealthy_machine_conditions: Annotated[
        tuple[UnhealthyMachineConditions, ...],
        Doc("Unhealthy machine conditions."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    unhealthy_range: Annotated[
        str, Doc("Unhealthy range."), Meta(min_length=1, max_length=32, pattern="^\\[[0-9]+-[0-9]+\\]$")
    ] = ""


class MachineHealthCheckStatus(Model):
    """What is so."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    current_healthy: Annotated[int | None, Doc("How many of them are healthy."), Meta(ge=0), Extra(format="int32")] = (
        None
    )
    expected_machines: Annotated[
        int | None, Doc("How many machines it looks after."), Meta(ge=0), Extra(format="int32")
    ] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    remediations_allowed: Annotated[
        int | None, Doc("How many more may be replaced now."), Meta(ge=0), Extra(format="int32")
    ] = None
    targets: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("The machines it looks after."),
        Extra(max_items=10000),
    ] = ()
    v1beta2: Annotated[MachineV1beta2 | None, Doc("V1beta2.")] = None


class MachineHealthCheck(Resource, kw_only=True):
    """Which machines are replaced when they are unhealthy."""

    spec: Annotated[MachineHealthCheckSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachineHealthCheckStatus | None, Doc("What is so.")] = None
