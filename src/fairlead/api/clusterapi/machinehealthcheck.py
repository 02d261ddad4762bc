"""MachineHealthCheck.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated

from fairlead.api.clusterapi.cluster import Checks, Remediation
from fairlead.api.clusterapi.common import Condition, V1Beta1Condition
from fairlead.api.clusterapi.machineset import Selector
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class MachineHealthCheckSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)]
    selector: Annotated[Selector, Doc("Which machines belong to it."), Extra(map_type="atomic")]
    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )


class MachineHealthCheckV1beta1(Model):
    """Fields of v1beta1."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()


class MachineHealthCheckDeprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[MachineHealthCheckV1beta1 | None, Doc("Fields of v1beta1.")] = None


class MachineHealthCheckStatus(Model):
    """What is so."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    current_healthy: Annotated[int | None, Doc("How many of them are healthy."), Meta(ge=0), Extra(format="int32")] = (
        None
    )
    deprecated: Annotated[MachineHealthCheckDeprecated | None, Doc("Fields of older API versions.")] = None
    expected_machines: Annotated[
        int | None, Doc("How many machines it looks after."), Meta(ge=0), Extra(format="int32")
    ] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )
    remediations_allowed: Annotated[
        int | None, Doc("How many more may be replaced now."), Meta(ge=0), Extra(format="int32")
    ] = None
    targets: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("The machines it looks after."),
        Extra(max_items=10000, list_type="atomic"),
    ] = ()


class MachineHealthCheck(Resource, kw_only=True):
    """Which machines are replaced when they are unhealthy."""

    spec: Annotated[MachineHealthCheckSpec, Doc("What is asked for.")]
    status: Annotated[MachineHealthCheckStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
