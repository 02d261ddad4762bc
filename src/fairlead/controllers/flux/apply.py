"""Objects put into a cluster in stages, checked before anything changes, and taken out again.

Source: fluxcd/pkg/ssa (manager_apply.go, manager_delete.go, errors): stages, dry runs, texts.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, annotations, get_in, labels
from fairlead.controllers.flux.ignoring import Rule, adopted
from fairlead.controllers.flux.inventory import DEFINITIONS, Item, in_order
from fairlead.controllers.flux.managers import takeover_patch
from fairlead.runtime.client import Client, PatchType
from fairlead.runtime.clock import Clock

PREFIX = "kustomize.toolkit.fluxcd.io"
SETTLE_STEP = timedelta(milliseconds=50)
SETTLE_LIMIT = timedelta(seconds=60)
_IMMUTABLE = re.compile(r"is\simmutable|immutable\sfield")


class ApplyError(Exception):
    """Not everything was applied; the text is the condition's message. `changes` is what was applied before."""

    def __init__(self, message: str, changes: Sequence["Change"] = ()) -> None:
        super().__init__(message)
        self.changes = tuple(changes)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one object: created, configured, unchanged or skipped; `taken_from` is who else applied it."""

    obj: Json
    action: str
    taken_from: str = ""

    @property
    def item(self) -> Item:
        return Item.of(self.obj)

    @property
    def line(self) -> str:
        return f"{self.item.subject} {self.action}"


@dataclass(frozen=True, slots=True)
class Pruned:
    """What became of objects that were to go."""

    lines: tuple[str, ...]
    survivors: tuple[Item, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done with one object."""

    obj: Json
    existing: Json | None
    action: str
    takeover: tuple[Json, ...] = ()
    recreate: bool = False


def subject(obj: Json) -> str:
    """`Kind/namespace/name`."""
    return Item.of(obj).subject


def is_marked(obj: Json | None, name: str, *values: str) -> bool:
    """Whether a label or annotation `kustomize.toolkit.fluxcd.io/<name>` has one of *values*."""
    if obj is None:
        return False
    mark = f"{PREFIX}/{name}"
    return labels(obj).get(mark, "").lower() in values or annotations(obj).get(mark, "").lower() in values


def is_left_alone(obj: Json | None) -> bool:
    """Whether the object says that it is not to be touched."""
    return is_marked(obj, "reconcile", "disabled") or is_marked(obj, "ssa", "ignore")


def differs(before: Json, after: Json) -> bool:
    """Whether an apply would change anything but bookkeeping and status."""
    if labels(before) != labels(after) or annotations(before) != annotations(after):
        return True
    return any(
        before.get(name) != after.get(name)
        for name in before.keys() | after.keys()
        if name not in ("metadata", "status")
    )


def _unknown(obj: Json) -> Json | None:
    return None


async def _silent(items: Sequence[Item]) -> None:
    return None


class Applier:
    """Puts objects into one cluster."""

    def __init__(self, client: Client, manager: str, clock: Clock, ignored: Sequence[Rule] = ()) -> None:
        self._client = client
        self._manager = manager
        self._clock = clock
        self._ignored = ignored

    async def apply(
        self,
        objects: Sequence[Json],
        *,
        force: bool = False,
        known: Callable[[Json], Json | None] = _unknown,
        announce: Callable[[Sequence[Item]], Awaitable[None]] = _silent,
    ) -> list[Change]:
        """Apply *objects*; nothing changes unless all that can be checked beforehand pass a dry run.

        *known* gives the stored object for one that is known to be in force, so that it is not looked at again.
        *announce* is told, before the first change, of the objects that are about to be made.

        Raises:
            ApplyError: the API refuses an object.
            ApiError: the API is out of reach.
        """
        ordered = in_order(objects)
        waiting = _dependants(ordered)
        plans: dict[int, _Plan] = {}
        changes: list[Change] = []
        first = [obj for obj in ordered if obj["kind"] in DEFINITIONS]
        rest = [obj for obj in ordered if obj["kind"] not in DEFINITIONS]
        try:
            for obj in ordered:
                if id(obj) not in waiting:
                    plans[id(obj)] = await self._plan(obj, force, known)
            new = [obj for obj in ordered if id(obj) in waiting or plans[id(obj)].action == "created"]
            await announce([Item.of(obj) for obj in new])
            for obj in first:
                changes.append(await self._carry_out(plans[id(obj)]))
            await self._settle([change for change in changes if change.action in ("created", "configured")])
            for obj in rest:
                if id(obj) in waiting:
                    plans[id(obj)] = await self._plan(obj, force, known)
            for obj in rest:
                changes.append(await self._carry_out(plans[id(obj)]))
        except ApplyError as error:
            log = "".join(f"{change.line}\n" for change in changes if change.action in ("created", "configured"))
            raise ApplyError(f"{error}\n{log}", changes) from error
        return changes

    async def _plan(self, obj: Json, force: bool, known: Callable[[Json], Json | None]) -> _Plan:
        stored = known(obj)
        if stored is not None:
            return _Plan(stored, stored, "unchanged")
        existing = await self.get(Item.of(obj))
        if is_left_alone(obj) or is_left_alone(existing):
            return _Plan(existing or obj, existing, "skipped")
        if existing is not None and is_marked(obj, "ssa", "ifnotpresent"):
            return _Plan(existing, existing, "skipped")
        if existing is not None and self._ignored:
            obj = adopted(obj, existing, self._ignored)
        try:
            after = await self._client.apply(obj, field_manager=self._manager, dry_run=True)
        except ApiError as error:
            forced = force or is_marked(obj, "force", "enabled") or is_marked(existing, "force", "enabled")
            if existing is not None and forced and is_immutable(error):
                return _Plan(obj, existing, "configured", recreate=True)
            raise refusal(obj, error) from error
        if existing is None:
            return _Plan(obj, None, "created")
        merging = is_marked(obj, "ssa", "merge") or is_marked(existing, "ssa", "merge")
        takeover = () if merging else tuple(takeover_patch(existing, self._manager))
        changed = bool(takeover) or differs(existing, after)
        return _Plan(obj, existing, "configured", takeover) if changed else _Plan(existing, existing, "unchanged")

    async def _carry_out(self, plan: _Plan) -> Change:
        if plan.action in ("unchanged", "skipped"):
            return Change(plan.obj, plan.action)
        item = Item.of(plan.obj)
        try:
            if plan.recreate:
                await self._delete(item)
                await self._gone(item)
            if plan.takeover:
                await self._take_over(item, plan)
            stored = await self._client.apply(plan.obj, field_manager=self._manager)
        except ApiError as error:
            if error.code >= 500:
                raise
            raise ApplyError(f"{item.subject} apply failed: {error.message}") from error
        return Change(stored, plan.action, _other_owner(plan.obj, plan.existing))

    async def _take_over(self, item: Item, plan: _Plan) -> None:
        await self._client.patch(
            item.gvk, item.key.name, item.key.namespace, plan.takeover, PatchType.JSON, field_manager=self._manager
        )

    async def _settle(self, changes: Sequence[Change]) -> None:
        """Wait until definitions are served and namespaces can be written to."""
        for change in changes:
            if change.obj["kind"] == "CustomResourceDefinition":
                await self._until(change.item, _is_established, "CRD is not established")

    async def _gone(self, item: Item) -> None:
        await self._until(item, lambda obj: obj is None, "immutable field detected, failed to wait for deletion")

    async def _until(self, item: Item, holds: Callable[[Json | None], bool], what: str) -> None:
        waited = timedelta(0)
        while not holds(await self.get(item)):
            if waited >= SETTLE_LIMIT:
                raise ApplyError(f"{item.subject} {what} after {int(SETTLE_LIMIT.total_seconds())}s")
            await self._clock.sleep(SETTLE_STEP)
            waited += SETTLE_STEP

    async def get(self, item: Item) -> Json | None:
        """The object as it is in the cluster, or None (also where its kind is not served)."""
        try:
            return await self._client.get(item.gvk, item.key.name, item.key.namespace)
        except ApiError as error:
            if error.is_not_found:
                return None
            if error.code == 400 and not item.key.namespace:
                raise ApplyError(
                    f"{item.subject} namespace not specified: {error.message}; "
                    "set metadata.namespace in the manifest or spec.targetNamespace"
                ) from error
            raise

    async def _delete(self, item: Item) -> None:
        try:
            await self._client.delete(item.gvk, item.key.name, item.key.namespace)
        except ApiError as error:
            if not error.is_not_found:
                raise

    async def prune(self, items: Sequence[Item], owner: tuple[str, str]) -> Pruned:
        """Delete *items*, the last applied first, where they still carry the label of *owner* (name, namespace)."""
        lines, survivors, errors = [], [], []
        for item in sorted(items, key=lambda item: item.rank, reverse=True):
            try:
                obj = await self.get(item)
                if obj is not None and not _may_go(obj, owner):
                    lines.append(f"{item.subject} skipped")
                    continue
                if obj is not None:
                    await self._delete(item)
            except ApiError as error:
                survivors.append(item)
                errors.append(f"{item.subject} delete failed: {error.message}")
                continue
            lines.append(f"{item.subject} deleted")
        return Pruned(tuple(lines), tuple(survivors), tuple(errors))


def _other_owner(obj: Json, existing: Json | None) -> str:
    """`namespace/name` of another Kustomization that applied *existing* last; empty when it was this one, or none."""
    before, after = (
        tuple(labels(each or {}).get(f"{PREFIX}/{name}", "") for name in ("namespace", "name"))
        for each in (existing, obj)
    )
    return "/".join(before) if all(before) and before != after else ""


def _dependants(objects: Sequence[Json]) -> set[int]:
    """Which of *objects* cannot be checked before others of them are in force."""
    namespaces = {obj["metadata"]["name"] for obj in objects if obj["kind"] == "Namespace"}
    kinds = {
        (get_in(obj, "spec", "group"), get_in(obj, "spec", "names", "kind"))
        for obj in objects
        if obj["kind"] == "CustomResourceDefinition"
    }
    return {
        id(obj)
        for obj in objects
        if obj["kind"] not in DEFINITIONS
        and (Key.of(obj).namespace in namespaces or (GVK.of(obj).group, obj["kind"]) in kinds)
    }


def _is_established(obj: Json | None) -> bool:
    conditions = get_in(obj, "status", "conditions", default=())
    return any(c.get("type") == "Established" and c.get("status") == "True" for c in conditions)


def is_immutable(error: ApiError) -> bool:
    """Whether only a new object would be accepted."""
    return error.is_conflict or error.is_invalid or bool(_IMMUTABLE.search(error.message))


def refusal(obj: Json, error: ApiError) -> Exception:
    """What a refused dry run means; the API being out of reach stays what it is."""
    if error.code >= 500:
        return error
    name = subject(obj)
    if "no matches for kind" in error.message:
        return ApplyError(f"{name} dry-run failed: {error.message}")
    if error.is_not_found:
        where = "not found" if Key.of(obj).namespace else "namespace not specified"
        return ApplyError(f"{name} {where}: {error.message}")
    reason = f" ({error.reason})" if error.reason else ""
    return ApplyError(f"{name} dry-run failed{reason}: {error.message}")


def _may_go(obj: Json, owner: tuple[str, str]) -> bool:
    carried = labels(obj).get(f"{PREFIX}/name"), labels(obj).get(f"{PREFIX}/namespace")
    return carried == owner and not is_left_alone(obj) and not is_marked(obj, "prune", "disabled")
