"""The objects of a release in a cluster: read from its manifest, put there in Helm's order, changed, taken out.

Source: Helm v4.3 pkg/kube/client.go (create, update, delete), pkg/action/validate.go (ownership and its texts).
Objects are always applied server-side, as Helm 4 does by default.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, Key, annotations, copy, labels
from fairlead.controllers.flux.helm.managers import adoption_patch
from fairlead.controllers.flux.helm.scopes import Scopes
from fairlead.engines.helm.documents import split_manifests
from fairlead.runtime.client import Client, PatchType

MANAGED_BY = "app.kubernetes.io/managed-by"
RELEASE_NAME = "meta.helm.sh/release-name"
RELEASE_NAMESPACE = "meta.helm.sh/release-namespace"
RESOURCE_POLICY = "helm.sh/resource-policy"
NAMESPACE = GVK("", "v1", "Namespace")


class ResourceError(Exception):
    """A release's object cannot be read, applied or removed; the text is Helm's."""


@dataclass(slots=True)
class Changed:
    """What an update did."""

    created: list[Json] = field(default_factory=list)
    deleted: list[Json] = field(default_factory=list)


def identity(obj: Json) -> tuple[str, str, str, str]:
    """Group, kind, namespace and name: what one object is, whatever its version."""
    gvk, key = GVK.of(obj), Key.of(obj)
    return gvk.group, gvk.kind, key.namespace, key.name


REMEMBERED = 128

_read: OrderedDict[str, tuple[Json, ...]] = OrderedDict()  # by manifest: a text always means the same objects


def read_objects(manifest: str) -> Sequence[Json]:
    """The objects of a manifest in the order they are in, shared and read-only. Raises: ResourceError."""
    known = _read.get(manifest)
    if known is not None:
        return known
    values = []
    for document in split_manifests(manifest):
        try:
            values.append(goyaml.load(document))
        except goyaml.YamlError as error:
            raise ResourceError(f"error parsing : {error}") from error
    return remember_objects(manifest, values)


def remember_objects(manifest: str, values: Iterable[Any]) -> Sequence[Json]:
    """Keep what the documents of *manifest* say; lists are taken apart. Raises: ResourceError."""
    found: list[Json] = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, dict):
            raise ResourceError("error validating data: invalid object to validate")
        if isinstance(value.get("items"), list) and str(value.get("kind", "")).endswith("List"):
            found += [item for item in value["items"] if isinstance(item, dict)]
        else:
            found.append(value)
    _read[manifest] = tuple(found)
    if len(_read) > REMEMBERED:
        _read.popitem(last=False)
    return _read[manifest]


class Resources:
    """The objects of one release."""

    def __init__(self, client: Client, scopes: Scopes, name: str, namespace: str, manager: str) -> None:
        self.client = client
        self._scopes = scopes
        self._name = name
        self._namespace = namespace
        self._manager = manager

    async def build(self, manifest: str, *, served: bool = False) -> list[Json]:
        """The objects of *manifest*, each in its namespace.

        Raises: ResourceError, with *served* also when the cluster does not know a kind.
        """
        read = read_objects(manifest)
        objects = [await self._placed(obj) for obj in read]
        if served:
            missing = [obj for obj in read if not await self._scopes.is_served(GVK.of(obj))]
            if missing:
                raise ResourceError(f"[{', '.join(texts)}]" if len(texts := _unmapped(missing)) > 1 else texts[0])
        return objects

    async def _placed(self, obj: Json) -> Json:
        for part in ("apiVersion", "kind"):
            if not obj.get(part):
                raise ResourceError(f"error validating data: {part} not set")
        metadata = obj.get("metadata") or {}
        if not metadata.get("name") and not metadata.get("generateName"):
            raise ResourceError("resource name may not be empty")
        if not await self._scopes.is_namespaced(GVK.of(obj)):
            return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "namespace"}}
        return obj if metadata.get("namespace") else {**obj, "metadata": {**metadata, "namespace": self._namespace}}

    def placed_as_known(self, objects: Iterable[Json], namespace: str) -> list[Json]:
        """*objects* with *namespace* where they need one, by what is known of kinds already."""
        return [
            {**obj, "metadata": {**obj["metadata"], "namespace": obj["metadata"].get("namespace") or namespace}}
            if self._scopes.is_known_namespaced(GVK.of(obj))
            else obj
            for obj in objects
        ]

    def owned(self, objects: Iterable[Json]) -> list[Json]:
        """*objects* marked as this release's."""
        return [self._marked(obj) for obj in objects]

    def _marked(self, obj: Json) -> Json:
        metadata = copy(obj.get("metadata") or {})
        metadata["labels"] = {**(metadata.get("labels") or {}), MANAGED_BY: "Helm"}
        metadata["annotations"] = {
            **(metadata.get("annotations") or {}),
            RELEASE_NAME: self._name,
            RELEASE_NAMESPACE: self._namespace,
        }
        return {**obj, "metadata": metadata}

    async def get(self, obj: Json) -> Json | None:
        """The object as it is in the cluster, or None."""
        key = Key.of(obj)
        try:
            return await self.client.get(GVK.of(obj), key.name, key.namespace)
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    async def existing(self, objects: Sequence[Json], *, take_ownership: bool) -> list[Json]:
        """Those of *objects* that are in the cluster already.

        Raises: ResourceError when one of them is another's and *take_ownership* is off.
        """
        found = []
        for obj in objects:
            if not Key.of(obj).name:
                continue
            try:
                live = await self.get(obj)
            except ApiError as error:
                if "no matches for kind" in error.message:
                    continue  # its definition comes with the release
                text = f"could not get information about the resource {described(obj)}: {error.message}"
                raise ResourceError(text) from error
            if live is None:
                continue
            complaint = "" if take_ownership else self.ownership_complaint(live)
            if complaint:
                raise ResourceError(
                    f"{described(obj)} exists and cannot be imported into the current release: {complaint}"
                )
            found.append(obj)
        return found

    def ownership_complaint(self, live: Json) -> str:
        """Why *live* is not this release's, in Helm's words; empty when it is."""
        wanted = (
            ("label", labels(live), MANAGED_BY, "Helm"),
            ("annotation", annotations(live), RELEASE_NAME, self._name),
            ("annotation", annotations(live), RELEASE_NAMESPACE, self._namespace),
        )
        errors = []
        for kind, values, key, value in wanted:
            if key not in values:
                errors.append(f'{kind} validation error: missing key "{key}": must be set to "{value}"')
            elif values[key] != value:
                errors.append(
                    f'{kind} validation error: key "{key}" must equal "{value}": current value is "{values[key]}"'
                )
        return f"invalid ownership metadata; {'; '.join(errors)}" if errors else ""

    async def create(self, objects: Sequence[Json]) -> None:
        """Apply objects in their order. Raises: ResourceError with all that failed, a kind at a time."""
        errors: list[str] = []
        for obj in objects:
            try:
                await self._apply(obj)
            except ResourceError as error:
                errors.append(str(error))
        if errors:
            raise ResourceError("\n".join(errors))

    async def update(self, originals: Sequence[Json], targets: Sequence[Json], *, adopts: bool = False) -> Changed:
        """Apply *targets*, then delete what is in *originals* only; *adopts* takes over what this manager updated.

        Raises: UpdateError.
        """
        changed, errors = Changed(), []
        for target in targets:
            live = await self._look(target)
            if live is None:
                changed.created.append(target)
                try:
                    await self._apply(target)
                except ResourceError as error:
                    raise UpdateError(f"failed to create resource: {error}", changed) from error
                continue
            try:
                if adopts:
                    await self._adopt(live)
                await self._apply(target)
            except ResourceError as error:
                errors.append(str(error))
        if errors:
            raise UpdateError(" && ".join(errors), changed)
        kept = {identity(target) for target in targets}
        for original in originals:
            if identity(original) not in kept:
                await self._drop(original, changed, errors)
        if errors:
            raise UpdateError(" && ".join(errors), changed)
        return changed

    async def _adopt(self, live: Json) -> None:
        patch = adoption_patch(live, self._manager)
        if not patch:
            return
        key = Key.of(live)
        try:
            await self.client.patch(
                GVK.of(live), key.name, key.namespace, patch, PatchType.JSON, field_manager=self._manager
            )
        except ApiError as error:
            if not error.is_conflict:
                raise ResourceError(_apply_text(live, error)) from error

    async def _look(self, target: Json) -> Json | None:
        try:
            return await self.get(target) if Key.of(target).name else None
        except ApiError as error:
            if "no matches for kind" in error.message:
                return None
            raise ResourceError(f"could not get information about the resource: {error.message}") from error

    async def _drop(self, original: Json, changed: Changed, errors: list[str]) -> None:
        try:
            live = await self.get(original)
        except ApiError:
            return  # its kind is gone, and so is it
        if live is None or annotations(live).get(RESOURCE_POLICY) == "keep":
            return
        key = Key.of(original)
        try:
            await self.client.delete(GVK.of(original), key.name, key.namespace)
        except ApiError as error:
            if not error.is_not_found:
                errors.append(
                    f"failed to delete resource namespace={key.namespace}, name={key.name}, "
                    f"kind={original['kind']}: {error.message}"
                )
            return
        changed.deleted.append(original)

    async def _apply(self, obj: Json) -> None:
        try:
            if Key.of(obj).name:
                await self.client.apply(obj, field_manager=self._manager)
            else:
                await self.client.create(obj, field_manager=self._manager)
        except ApiError as error:
            if error.code >= 500 or error.code == 429:
                raise
            raise ResourceError(_apply_text(obj, error)) from error

    async def delete(self, objects: Sequence[Json], *, propagation: str = "Background") -> None:
        """Delete objects that are there. Raises: ResourceError."""
        errors = []
        for obj in objects:
            key = Key.of(obj)
            try:
                await self.client.delete(GVK.of(obj), key.name, key.namespace, propagation=propagation)
            except ApiError as error:
                if not error.is_not_found:
                    errors.append(error.message)
        if errors:
            raise ResourceError("; ".join(errors))

    async def own_only(self, objects: Sequence[Json]) -> list[Json]:
        """Those of *objects* that are in the cluster and this release's; others are never deleted."""
        found = []
        for obj in objects:
            try:
                live = await self.get(obj)
            except ApiError:
                continue
            if live is not None and not self.ownership_complaint(live):
                found.append(obj)
        return found

    async def ensure_namespace(self) -> None:
        """Make the release's namespace where it is not there."""
        obj = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": self._namespace, "labels": {"name": self._namespace}},
        }
        if await self.get(obj) is None:
            await self.client.apply(obj, field_manager=self._manager)


class UpdateError(ResourceError):
    """An update that went wrong half-way; `changed` is what it did."""

    def __init__(self, message: str, changed: Changed) -> None:
        super().__init__(message)
        self.changed = changed


def described(obj: Json) -> str:
    """`Deployment "app" in namespace "default"`."""
    key = Key.of(obj)
    return f'{obj["kind"]} "{key.name}" in namespace "{key.namespace}"'


def _unmapped(objects: Sequence[Json]) -> list[str]:
    """What kubectl's builder says of kinds that a cluster does not serve."""
    texts = []
    for obj in objects:
        gvk, metadata = GVK.of(obj), obj.get("metadata") or {}
        texts.append(
            f'resource mapping not found for name: "{metadata.get("name", "")}" '
            f'namespace: "{metadata.get("namespace", "")}" from "": '
            f'no matches for kind "{gvk.kind}" in version "{gvk.api_version}"\nensure CRDs are installed first'
        )
    return texts


def _apply_text(obj: Json, error: ApiError) -> str:
    gvk, key = GVK.of(obj), Key.of(obj)
    shown = f"{gvk.group}/{gvk.version}, Kind={gvk.kind}"
    if error.is_conflict:
        return f"conflict occurred while applying object {key.namespace}/{key.name} {shown}: {error.message}"
    return f"server-side apply failed for object {key.namespace}/{key.name} {shown}: {error.message}"
