"""MachineDrainRule.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from fairlead.api.clusterapi.machineset import Selector
from fairlead.api.model import Doc, Extra, Model, Resource


class Drain(Model):
    """How Pods are treated when a node is drained."""

    behavior: Annotated[
        Literal["Drain", "Skip", "WaitCompleted"],
        Doc("Drain evicts the Pods, Skip leaves them, WaitCompleted waits until they have ended."),
    ]
    order: Annotated[
        int | None, Doc("Pods with a lower order are evicted first; 0 if unset."), Extra(format="int32")
    ] = None


class Machines(Model):
    """Which machines a rule is for."""

    cluster_selector: Annotated[Selector | None, Doc("Which Clusters, by their labels."), Extra(map_type="atomic")] = (
        None
    )
    selector: Annotated[
        Selector | None, Doc("Which machines belong to it, by their labels."), Extra(map_type="atomic")
    ] = None


class MachineDrainRulePods(Model):
    """Which Pods a rule is for."""

    namespace_selector: Annotated[
        Selector | None, Doc("Which namespaces, by their labels; all if unset."), Extra(map_type="atomic")
    ] = None
    selector: Annotated[Selector | None, Doc("Which Pods, by their labels."), Extra(map_type="atomic")] = None


class MachineDrainRuleSpec(Model):
    """What is asked for."""

    drain: Annotated[Drain, Doc("How the Pods are treated.")]
    machines: Annotated[
        tuple[Annotated[Machines, Extra(min_properties=1)], ...],
        Doc("Machines that the rule is for; any of the entries must match; all if empty."),
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
        Doc("Pods that the rule is for; any of the entries must match; all if empty."),
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
    """How Pods are treated when a machine's node is drained."""

    spec: Annotated[MachineDrainRuleSpec, Doc("What is asked for.")]
