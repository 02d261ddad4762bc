"""MachineDrainRule.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.v1beta1.machineset import Selector
from fairlead.api.model import Doc, Extra, Model, Resource


class Drain(Model):
    """Drain."""

    behavior: Annotated[Literal["Drain", "Skip", "WaitCompleted"], Doc("Behavior.")]
    order: Annotated[int | None, Doc("Which machines go first."), Extra(format="int32")] = None


class Machines(Model):
    """Machines."""

    cluster_selector: Annotated[Selector | None, Doc("Which clusters it applies to."), Extra(map_type="atomic")] = None
    selector: Annotated[Selector | None, Doc("Which machines belong to it."), Extra(map_type="atomic")] = None


class MachineDrainRulePods(Model):
    """Pod network."""

    namespace_selector: Annotated[Selector | None, Doc("Namespace selector."), Extra(map_type="atomic")] = None
    selector: Annotated[Selector | None, Doc("Which machines belong to it."), Extra(map_type="atomic")] = None


class MachineDrainRuleSpec(Model):
    """What is asked for."""

    drain: Annotated[Drain, Doc("Drain.")]
    machines: Annotated[
        tuple[Annotated[Machines, Extra(min_properties=1)], ...],
        Doc("Machines."),
        Extra(
            min_items=1,
            max_items=32,
            list_type="atomic",
            validations=[
                {"message": "entries in machines must be unique", "rule": "self.all(x, self.exists_one(y, x == y))"}
            ],
        ),
    ] = ()
    pods: Annotated[
        tuple[Annotated[MachineDrainRulePods, Extra(min_properties=1)], ...],
        Doc("Pod network."),
        Extra(
            min_items=1,
            max_items=32,
            list_type="atomic",
            validations=[
                {"message": "entries in pods must be unique", "rule": "self.all(x, self.exists_one(y, x == y))"}
            ],
        ),
    ] = ()


class MachineDrainRule(Resource, kw_only=True):
    """How Pods are treated when a machine is drained."""

    spec: Annotated[MachineDrainRuleSpec, Doc("What is asked for.")]
