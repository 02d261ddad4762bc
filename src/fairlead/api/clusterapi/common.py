"""What the kinds of Cluster API share: conditions, metadata of templates, label selectors, taints.

Source: cluster-api v1.14, api/core/v1beta2/condition_types.go and common_types.go.
"""

from typing import Annotated, Literal

from fairlead.api.model import Doc, Extra, Meta, Model


class Condition(Model):
    """One finding about an object."""

    last_transition_time: Annotated[
        str, Doc("When the status of the condition last changed."), Extra(format="date-time")
    ]
    message: Annotated[str, Doc("Why, in sentences for people; may be empty."), Meta(max_length=32768)]
    reason: Annotated[
        str,
        Doc("Why, as a single CamelCase word for programs."),
        Meta(min_length=1, max_length=1024, pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
    ]
    status: Annotated[Literal["True", "False", "Unknown"], Doc("The answer: True, False or Unknown.")]
    type: Annotated[
        str,
        Doc("Which question the condition answers, for example Ready."),
        Meta(
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    ]
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that the condition was found for."), Meta(ge=0), Extra(format="int64")
    ] = None


class V1Beta1Condition(Model):
    """One finding about an object, as API version v1beta1 writes it."""

    last_transition_time: Annotated[
        str, Doc("When the status of the condition last changed."), Extra(format="date-time")
    ]
    status: Annotated[str, Doc("The answer: True, False or Unknown.")]
    type: Annotated[
        str, Doc("Which question the condition answers, for example Ready."), Meta(min_length=1, max_length=256)
    ]
    message: Annotated[
        str, Doc("Why, in sentences for people; may be empty."), Meta(min_length=1, max_length=10240)
    ] = ""
    reason: Annotated[str, Doc("Why, as a single CamelCase word for programs."), Meta(min_length=1, max_length=256)] = (
        ""
    )
    severity: Annotated[str, Doc("Error, Warning or Info; set only when the status is False."), Meta(max_length=32)] = (
        ""
    )


class Metadata(Model):
    """Labels and annotations for the objects made from a template."""

    annotations: Annotated[dict[str, str], Doc("Annotations that the objects made from here get.")] = {}
    labels: Annotated[dict[str, str], Doc("Labels that the objects made from here get.")] = {}


class MatchExpressions(Model):
    """One requirement on a label."""

    key: Annotated[str, Doc("Label that the requirement is about.")]
    operator: Annotated[str, Doc("In, NotIn, Exists or DoesNotExist.")]
    values: Annotated[
        tuple[str, ...], Doc("Values to compare with; empty for Exists and DoesNotExist."), Extra(list_type="atomic")
    ] = ()


class Taints(Model):
    """A taint of a node: Pods that do not tolerate it stay away."""

    effect: Annotated[
        Literal["NoSchedule", "PreferNoSchedule", "NoExecute"],
        Doc("What happens to Pods without a toleration: NoSchedule, PreferNoSchedule or NoExecute."),
    ]
    key: Annotated[
        str,
        Doc("Key of the taint."),
        Meta(
            min_length=1,
            max_length=317,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
        ),
    ]
    propagation: Annotated[
        Literal["Always", "OnInitialization"],
        Doc("Always keeps the taint on the node; OnInitialization only gives it to new nodes."),
    ]
    value: Annotated[
        str,
        Doc("Value of the taint."),
        Meta(min_length=1, max_length=63, pattern="^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"),
    ] = ""


class AvailabilityGates(Model):
    """A further condition that is taken into account."""

    condition_type: Annotated[
        str,
        Doc("Type of a condition of the same object; missing counts as unknown."),
        Meta(
            min_length=1,
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    ]
    polarity: Annotated[
        Literal["Positive", "Negative"] | None, Doc("Positive if True is good (the default), Negative if False is.")
    ] = None
