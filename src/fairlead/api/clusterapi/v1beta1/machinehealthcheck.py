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

    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    selector: Annotated[Selector, Doc("Which machines are looked after, by their labels."), Extra(map_type="atomic")]
    max_unhealthy: Annotated[
        IntOrString | None, Doc("Replace only up to so many unhealthy machines, a number or a percentage.")
    ] = None
    node_startup_timeout: Annotated[
        str, Doc("How long until a machine without a Node is unhealthy; 10m if unset, 0s is off.")
    ] = ""
    remediation_template: Annotated[
        ControlPlaneRef | None,
        Doc("Template of the object that remediates; unset lets the machine's owner replace it."),
        Extra(map_type="atomic"),
    ] = None
    unhealthy_conditions: Annotated[
        tuple[UnhealthyConditions, ...],
        Doc("Conditions of the Node, any of which makes its machine unhealthy."),
        Extra(max_items=100),
    ] = ()
    unhealthy_machine_conditions: Annotated[
        tuple[UnhealthyMachineConditions, ...],
        Doc("Conditions of the Machine, any of which makes it unhealthy."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    unhealthy_range: Annotated[
        str,
        Doc("Replace only while the number of unhealthy machines is in this range, such as [3-5]."),
        Meta(min_length=1, max_length=32, pattern="^\\[[0-9]+-[0-9]+\\]$"),
    ] = ""


class MachineHealthCheckStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    current_healthy: Annotated[
        int | None, Doc("How many of the machines are healthy."), Meta(ge=0), Extra(format="int32")
    ] = None
    expected_machines: Annotated[
        int | None, Doc("How many machines are looked after."), Meta(ge=0), Extra(format="int32")
    ] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    remediations_allowed: Annotated[
        int | None, Doc("How many more machines may be replaced now."), Meta(ge=0), Extra(format="int32")
    ] = None
    targets: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Names of the machines that are looked after."),
        Extra(max_items=10000),
    ] = ()
    v1beta2: Annotated[MachineV1beta2 | None, Doc("Fields of API version v1beta2.")] = None


class MachineHealthCheck(Resource, kw_only=True):
    """Which machines are replaced when they are unhealthy."""

    spec: Annotated[MachineHealthCheckSpec | None, Doc("What is asked for.")] = None
    status: Annotated[MachineHealthCheckStatus | None, Doc("What was found, written by controllers.")] = None
