"""Objects put into a cluster in stages, checked before anything changes, and taken out again.

Source: fluxcd/pkg/ssa (stages, manager), kustomize-controller v1.9 (inventory ids, prune order, dry-run texts).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, annotations, get_in, labels
from fairlead.runtime.client import Client

_FIRST = ("CustomResourceDefinition", "Namespace", "ClusterRole")
PRUNE_DISABLED = "kustomize.toolkit.fluxcd.io/prune"
SSA_POLICY = "kustomize.toolkit.fluxcd.io/ssa"


class ApplyError(Exception):
    """Nothing, or not everything, was applied; the text is the condition's message."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one object: created, configured or unchanged."""

    obj: Json
    action: str

    @property
    def line(self) -> str:
        return f"{subject(self.obj)} {self.action}"


def subject(obj: Json) -> str:
    """`Kind/namespace/name`."""
    key = Key.of(obj)
    return f"{obj['kind']}/{key}"


def inventory_id(obj: Json) -> str:
    """`<namespace>_<name>_<group>_<kind>`, as `status.inventory.entries[].id` has it."""
    gvk, key = GVK.of(obj), Key.of(obj)
    return f"{key.namespace}_{key.name.replace(':', '__')}_{gvk.group}_{gvk.kind}"


def entry_of(obj: Json) -> Json:
    """One inventory entry."""
    return {"id": inventory_id(obj), "v": GVK.of(obj).version}


def parse_entry(entry: Json) -> tuple[GVK, Key]:
    """The kind and key of an inventory entry."""
    namespace, rest = entry["id"].split("_", 1)
    name, group, kind = rest.rsplit("_", 2)
    return GVK(group, entry["v"], kind), Key(namespace, name.replace("__", ":"))


def in_order(objects: Iterable[Json]) -> list[Json]:
    """Definitions, Namespaces and cluster roles first, then the rest as they come."""
    return sorted(objects, key=lambda obj: _FIRST.index(obj["kind"]) if obj["kind"] in _FIRST else len(_FIRST))


class Applier:
    """Puts objects into one cluster."""

    def __init__(self, client: Client, manager: str) -> None:
        self._client = client
        self._manager = manager

    async def apply(self, objects: Sequence[Json], *, force: bool = False) -> list[Change]:
        """Apply *objects*, after all of them passed a dry run. Raises: ApplyError, ApiError when out of reach."""
        ordered = in_order(objects)
        early = {obj["metadata"]["name"] for obj in ordered if obj["kind"] == "Namespace"}
        defined = {
            (get_in(obj, "spec", "group"), get_in(obj, "spec", "names", "kind"))
            for obj in ordered
            if obj["kind"] == "CustomResourceDefinition"
        }
        for obj in ordered:
            waits = Key.of(obj).namespace in early or (GVK.of(obj).group, obj["kind"]) in defined
            if not waits:
                await self._dry_run(obj, force=force)
        return [await self._apply_one(obj, force=force) for obj in ordered]

    async def _dry_run(self, obj: Json, *, force: bool) -> None:
        try:
            await self._client.apply(obj, field_manager=self._manager, dry_run=True)
        except ApiError as error:
            if force and error.is_invalid and "immutable" in error.message:
                return
            self._refuse(obj, error)

    def _refuse(self, obj: Json, error: ApiError) -> None:
        if error.code >= 500:
            raise error
        if error.is_not_found and "namespaces" in error.message:
            raise ApplyError(f"{subject(obj)} namespace not specified: {error.message}") from error
        if "no matches for kind" in error.message:
            raise ApplyError(f"{subject(obj)} dry-run failed: {error.message}") from error
        reason = f" ({error.reason})" if error.reason else ""
        raise ApplyError(f"{subject(obj)} dry-run failed{reason}: {error.message}") from error

    async def _apply_one(self, obj: Json, *, force: bool) -> Change:
        before = await self.get(obj)
        if before is not None and annotations(before).get(SSA_POLICY) == "IfNotPresent":
            return Change(before, "unchanged")
        try:
            after = await self._client.apply(obj, field_manager=self._manager)
        except ApiError as error:
            if not (force and error.is_invalid):
                self._refuse(obj, error)
            key = Key.of(obj)
            await self._client.delete(GVK.of(obj), key.name, key.namespace)
            after = await self._client.apply(obj, field_manager=self._manager)
        if before is None:
            return Change(after, "created")
        same = before["metadata"].get("resourceVersion") == after["metadata"].get("resourceVersion")
        return Change(after, "unchanged" if same else "configured")

    async def get(self, obj: Json) -> Json | None:
        """The object as it is in the cluster, or None."""
        key = Key.of(obj)
        try:
            return await self._client.get(GVK.of(obj), key.name, key.namespace)
        except ApiError as error:
            if error.is_not_found:
                return None
            raise

    async def prune(self, entries: Sequence[Json], owner: tuple[str, str] | None) -> list[str]:
        """Delete what the *entries* name, last first; returns a line for each that was there.

        With *owner* (the label's name prefix values name and namespace) only objects that still carry it are deleted.
        """
        lines = []
        for entry in reversed(entries):
            gvk, key = parse_entry(entry)
            try:
                obj = await self._client.get(gvk, key.name, key.namespace)
                if annotations(obj).get(PRUNE_DISABLED) == "disabled" or not _owned(obj, owner):
                    continue
                await self._client.delete(gvk, key.name, key.namespace)
            except ApiError as error:
                if error.is_not_found:
                    continue
                raise
            lines.append(f"{subject(obj)} deleted")
        return lines


def _owned(obj: Json, owner: tuple[str, str] | None) -> bool:
    if owner is None:
        return True
    name = labels(obj).get("kustomize.toolkit.fluxcd.io/name")
    return name is None or (name, labels(obj).get("kustomize.toolkit.fluxcd.io/namespace")) == owner
