"""MachineHealthCheck.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated

from fairlead.api.clusterapi.common import Condition, V1Beta1Condition
from fairlead.api.clusterapi.healthchecks import Checks, Remediation
from fairlead.api.clusterapi.machineset import Selector
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class MachineHealthCheckSpec(Model):
    """What is asked for."""

    cluster_name: Annotated[str, Doc("Name of the Cluster, in the same namespace."), Meta(min_length=1, max_length=63)]
    selector: Annotated[Selector, Doc("Which machines are looked after, by their labels."), Extra(map_type="atomic")]
    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )


class MachineHealthCheckV1beta1(Model):
    """Fields of API version v1beta1."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()


class MachineHealthCheckDeprecated(Model):
    """Fields that older API versions still show."""

    v1beta1: Annotated[MachineHealthCheckV1beta1 | None, Doc("Fields of API version v1beta1.")] = None


class MachineHealthCheckStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    current_healthy: Annotated[
        int | None, Doc("How many of the machines are healthy."), Meta(ge=0), Extra(format="int32")
    ] = None
    deprecated: Annotated[MachineHealthCheckDeprecated | None, Doc("Fields that older API versions still show.")] = None
    expected_machines: Annotated[
        int | None, Doc("How many machines are looked after."), Meta(ge=0), Extra(format="int32")
    ] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Meta(ge=1), Extra(format="int64")
    ] = None
    remediations_allowed: Annotated[
        int | None, Doc("How many more machines may be replaced now."), Meta(ge=0), Extra(format="int32")
    ] = None
    targets: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Names of the machines that are looked after."),
        Extra(max_items=10000, list_type="atomic"),
    ] = ()


class MachineHealthCheck(Resource, kw_only=True):
    """Which machines are replaced when they are unhealthy."""

    spec: Annotated[MachineHealthCheckSpec, Doc("What is asked for.")]
    status: Annotated[
        MachineHealthCheckStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None
