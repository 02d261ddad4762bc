"""What the kinds of Flux share: conditions, patches, images, dependencies, inventories.

Source: fluxcd/pkg/apis (meta, kustomize), and the fields that Kustomization and HelmRelease both have.
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
    observed_generation: Annotated[
        int | None, Doc("The generation it speaks of."), Meta(ge=0), Extra(format="int64")
    ] = None


class Target(Model):
    """Target."""

    annotation_selector: Annotated[str, Doc("Annotation selector.")] = ""
    group: Annotated[str, Doc("Group.")] = ""
    kind: Annotated[str, Doc("Its kind.")] = ""
    label_selector: Annotated[str, Doc("Label selector.")] = ""
    name: Annotated[str, Doc("Its name.")] = ""
    namespace: Annotated[str, Doc("Its namespace.")] = ""
    version: Annotated[str, Doc("Kubernetes version.")] = ""


class Patches(Model):
    """Patches to apply."""

    patch: Annotated[str, Doc("Patch.")]
    target: Annotated[Target | None, Doc("Target.")] = None


class Images(Model):
    """Images to change."""

    name: Annotated[str, Doc("Its name.")]
    digest: Annotated[str, Doc("Digest.")] = ""
    new_name: Annotated[str, Doc("New name.")] = ""
    new_tag: Annotated[str, Doc("New tag.")] = ""


class DependsOn(Model):
    """What must be ready first."""

    name: Annotated[str, Doc("Its name.")]
    namespace: Annotated[str, Doc("Its namespace.")] = ""
    ready_expr: Annotated[str, Doc("Ready expr.")] = ""


class HealthCheckExprs(Model):
    """How the health of custom kinds is told."""

    api_version: Annotated[str, Doc("Api version.")]
    current: Annotated[str, Doc("Current.")]
    failed: Annotated[str, Doc("Failed.")] = ""
    in_progress: Annotated[str, Doc("In progress.")] = ""
    kind: Annotated[str, Doc("Its kind.")] = ""


class Ignore(Model):
    """Paths to leave out, in the form of .gitignore."""

    paths: Annotated[tuple[str, ...], Doc("Paths.")]
    target: Annotated[Target | None, Doc("Target.")] = None


class Entries(Model):
    """Entries."""

    id: Annotated[str, Doc("Id.")]
    v: Annotated[str, Doc("V.")]


class Inventory(Model):
    """The objects that were applied."""

    entries: Annotated[tuple[Entries, ...], Doc("Entries.")]


class SecretRef(Model):
    """Secret with credentials."""

    name: Annotated[str, Doc("Its name.")]
