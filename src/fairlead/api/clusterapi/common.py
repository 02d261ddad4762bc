"""What the kinds of Cluster API share: conditions, metadata of templates, label selectors, taints.

Source: cluster-api v1.14, api/core/v1beta2/condition_types.go and common_types.go.
"""

from typing import Annotated, Literal

from fairlead.api.model import Doc, Extra, Meta, Model


class Condition(Model):
    """What is known of the object's state."""

    last_transition_time: Annotated[str, Doc("When the status last changed."), Extra(format="date-time")]
    message: Annotated[str, Doc("For people."), Meta(max_length=32768)]
    reason: Annotated[
        str,
        Doc("For programs."),
        Meta(min_length=1, max_length=1024, pattern="^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
    ]
    status: Annotated[Literal["True", "False", "Unknown"], Doc("What is so.")]
    type: Annotated[
        str,
        Doc("Its type."),
        Meta(
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
    ]
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=0), Extra(format="int64")] = (
        None
    )


class V1Beta1Condition(Model):
    """What is known of the object's state."""

    last_transition_time: Annotated[str, Doc("When the status last changed."), Extra(format="date-time")]
    status: Annotated[str, Doc("What is so.")]
    type: Annotated[str, Doc("Its type."), Meta(min_length=1, max_length=256)]
    message: Annotated[str, Doc("For people."), Meta(min_length=1, max_length=10240)] = ""
    reason: Annotated[str, Doc("For programs."), Meta(min_length=1, max_length=256)] = ""
    severity: Annotated[str, Doc("How bad it is."), Meta(max_length=32)] = ""


class Metadata(Model):
    """Labels and annotations."""

    annotations: Annotated[dict[str, str], Doc("Annotations.")] = {}
    labels: Annotated[dict[str, str], Doc("Labels.")] = {}


class MatchExpressions(Model):
    """Conditions on labels."""

    key: Annotated[str, Doc("Label key.")]
    operator: Annotated[str, Doc("How values are compared.")]
    values: Annotated[tuple[str, ...], Doc("Values to compare with."), Extra(list_type="atomic")] = ()


class Taints(Model):
    """Taints of the node."""

    effect: Annotated[Literal["NoSchedule", "PreferNoSchedule", "NoExecute"], Doc("Effect.")]
    key: Annotated[
        str,
        Doc("Label key."),
        Meta(
            min_length=1,
            max_length=317,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
        ),
    ]
    propagation: Annotated[Literal["Always", "OnInitialization"], Doc("Propagation.")]
    value: Annotated[
        str,
        Doc("The value."),
        Meta(min_length=1, max_length=63, pattern="^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"),
    ] = ""
