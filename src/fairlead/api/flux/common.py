"""What the kinds of Flux share: conditions, patches, images, dependencies, inventories.

Source: fluxcd/pkg/apis (meta, kustomize), and the fields that Kustomization and HelmRelease both have.
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


class Target(Model):
    """Which objects; all that is given must match, names as regular expressions."""

    annotation_selector: Annotated[str, Doc("Annotations that must be there, as a label selector.")] = ""
    group: Annotated[str, Doc("API group.")] = ""
    kind: Annotated[str, Doc("Kind.")] = ""
    label_selector: Annotated[str, Doc("Labels that must be there, as a label selector.")] = ""
    name: Annotated[str, Doc("Name.")] = ""
    namespace: Annotated[str, Doc("Namespace.")] = ""
    version: Annotated[str, Doc("API version, without the group.")] = ""


class Patches(Model):
    """A change to objects."""

    patch: Annotated[str, Doc("A strategic merge patch, or the operations of a JSON patch, as YAML or JSON.")]
    target: Annotated[Target | None, Doc("Which objects; a strategic merge patch may name one itself.")] = None


class Images(Model):
    """An image to replace."""

    name: Annotated[str, Doc("Name of the image, without tag.")]
    digest: Annotated[str, Doc("Digest to put in its place; wins over newTag.")] = ""
    new_name: Annotated[str, Doc("Name to put in its place.")] = ""
    new_tag: Annotated[str, Doc("Tag to put in its place.")] = ""


class DependsOn(Model):
    """An object of the same kind that must be Ready first."""

    name: Annotated[str, Doc("Name of the object.")]
    namespace: Annotated[str, Doc("Namespace of the object; the same if unset.")] = ""
    ready_expr: Annotated[str, Doc("CEL expression that decides instead of Ready, with dep and self.")] = ""


class HealthCheckExprs(Model):
    """How the health of one custom kind is told."""

    api_version: Annotated[str, Doc("API group and version of the object.")]
    current: Annotated[str, Doc("CEL expression that is true when the object is healthy.")]
    failed: Annotated[str, Doc("CEL expression that is true when the object has failed.")] = ""
    in_progress: Annotated[str, Doc("CEL expression that is true while the object is under way.")] = ""
    kind: Annotated[str, Doc("Kind of the object.")] = ""


class Ignore(Model):
    """Fields in which drift does not matter."""

    paths: Annotated[tuple[str, ...], Doc("Paths of the fields, as JSON pointers.")]
    target: Annotated[Target | None, Doc("Which objects; all if unset.")] = None


class Entries(Model):
    """One object."""

    id: Annotated[str, Doc("Namespace, name, group and kind, joined by underscores.")]
    v: Annotated[str, Doc("API version, without the group.")]


class Inventory(Model):
    """Objects that were applied."""

    entries: Annotated[tuple[Entries, ...], Doc("The objects.")]


class SecretRef(Model):
    """A reference to an object in the same namespace."""

    name: Annotated[str, Doc("Name of the object.")]
