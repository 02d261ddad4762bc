"""Bring objects of a managed cluster to what is wanted, by server-side apply; rotate templates whose spec changes.

What was applied is remembered with the generation and metadata that came of it, so that a settled object costs no
request at all. Everything that may be remembered can be forgotten: applying what holds already writes nothing.

Source: cluster-api v1.14, core/reconcilers/topology/cluster/reconcile_state.go (reconcileReferencedObject,
reconcileReferencedTemplate, createErrorWithoutObjectName) and structuredmerge; internal/topology/check.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Container, Hashable
from dataclasses import dataclass
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.api.kind import TOPOLOGY_DRY_RUN
from fairlead.base import gojson
from fairlead.base.objects import GVK, Json, Key, annotations, get_in, is_deleting, labels, meta, owner_references
from fairlead.controllers.clusterapi.topology.blueprint import TopologyError
from fairlead.controllers.clusterapi.topology.garbage import templates_of
from fairlead.controllers.clusterapi.topology.labels import MANAGER
from fairlead.controllers.contract import MACHINE_SET
from fairlead.runtime.client import Client
from fairlead.runtime.events import Recorder

CREATED, UPDATED, DELETED = "TopologyCreate", "TopologyUpdate", "TopologyDelete"
REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of applying: the object as stored, and whether it was made now."""

    object: Json
    is_new: bool = False


class Applier:
    """Applies the objects of all managed clusters, as one field manager."""

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._settled: OrderedDict[str, Hashable] = OrderedDict()
        self._swept: set[tuple[str, str]] = set()

    async def create(self, cluster: Json, wanted: Json, note: str = "") -> Applied:
        """Make *wanted*. Raises: TopologyError without its name, which is another one each time it is tried."""
        kind, key = wanted["kind"], Key.of(wanted)
        try:
            stored = await self._client.apply(_intent(wanted), field_manager=MANAGER)
        except ApiError as error:
            raise TopologyError(_creation_failed(wanted, error)) from error
        self._remember(stored, wanted)
        await self._recorder.normal(cluster, CREATED, f'Created {kind} "{key}"{note}')
        return Applied(stored, is_new=True)

    async def update(self, cluster: Json, current: Json, wanted: Json, note: str = "") -> Applied:
        """Bring *current* to *wanted*, which has its name. Raises: TopologyError when it is of another kind."""
        _check_compatible(current, wanted)
        if self._is_settled(current, wanted):
            return Applied(current)
        stored = await self._apply(current, wanted)
        if _outcome(stored, wanted) != _outcome(current, wanted):  # a status that others wrote meanwhile does not count
            await self._recorder.normal(cluster, UPDATED, f'Updated {wanted["kind"]} "{Key.of(wanted)}"{note}')
        return Applied(stored)

    async def tell_updated(self, cluster: Json) -> None:
        """Say that the Cluster itself was brought up to date."""
        await self._recorder.normal(cluster, UPDATED, f'Updated Cluster "{Key.of(cluster)}"')

    async def template(self, cluster: Json, current: Json, wanted: Json, name: str) -> Applied:
        """Bring the template *current* to *wanted*; where its spec changes, make another one called *name*."""
        _check_compatible(current, wanted)
        if self._is_settled(current, wanted):
            return Applied(current)
        if await self._spec_changes(current, wanted):
            fresh = {**wanted, "metadata": {**meta(wanted), "name": name}}
            note = f' as a replacement for "{meta(current)["name"]}" (template rotation)'
            return await self.create(cluster, fresh, note)
        return await self.update(cluster, current, wanted, " (metadata changes)")

    async def delete(self, cluster: Json, obj: Json, *, tell: bool = True) -> None:
        """Ask for the deletion of *obj*, unless that was done before."""
        if is_deleting(obj):
            return
        key = Key.of(obj)
        try:
            await self._client.delete(GVK.of(obj), key.name, key.namespace, uid=meta(obj)["uid"])
        except ApiError as error:
            if not (error.is_not_found or error.is_conflict):
                raise
        if tell:
            await self._recorder.normal(cluster, DELETED, f'Deleted {obj["kind"]} "{key}"')

    def is_first_look(self, cluster: Json, topology: str = "") -> bool:
        """Whether this process has not looked yet for what an earlier one may have left of a worker topology."""
        seen = (meta(cluster)["uid"], topology)
        if seen in self._swept:
            return False
        self._swept.add(seen)
        return True

    def forget(self, uid: str) -> None:
        """Drop what is known of a cluster that goes."""
        self._swept = {seen for seen in self._swept if seen[0] != uid}

    async def sweep(self, cluster: Json, template: Json, selector: str, kept: Container[str]) -> None:
        """Delete the cluster's templates like *template* that nothing refers to: a pass that ended early left them."""
        gvk, namespace = GVK.of(template), Key.of(cluster).namespace
        for obj in (await self._client.list(gvk, namespace, label_selector=selector)).items:
            owners = {owner.get("uid") for owner in owner_references(obj)}
            if meta(obj)["name"] not in kept and meta(cluster)["uid"] in owners:
                await self.delete(cluster, obj, tell=False)

    async def templates_in_use(self, cluster: Json, selector: str) -> set[str]:
        """Names of the templates that the MachineSets under *selector* make machines from."""
        found = (await self._client.list(MACHINE_SET, Key.of(cluster).namespace, label_selector=selector)).items
        return {name for machine_set in found for _, _, name in templates_of(machine_set)}

    async def _apply(self, current: Json, wanted: Json) -> Json:
        intent = _intent(wanted)
        intent["metadata"]["uid"] = meta(current)["uid"]  # never make anew what was deleted meanwhile
        try:
            stored = await self._client.apply(intent, field_manager=MANAGER)
        except ApiError as error:
            if error.is_conflict or error.is_not_found:
                raise
            text = f"error reconciling the Cluster topology: failed to patch {current['kind']} {Key.of(current)}"
            raise TopologyError(f"{text}: {error.message}") from error
        self._remember(stored, wanted)
        return stored

    async def _spec_changes(self, current: Json, wanted: Json) -> bool:
        intent = _intent(wanted)
        notes = {
            **annotations(wanted),
            TOPOLOGY_DRY_RUN: "",
        }  # tells admission to overlook that templates are immutable
        intent["metadata"] = {**intent["metadata"], "uid": meta(current)["uid"], "annotations": notes}
        try:
            outcome = await self._client.apply(intent, field_manager=MANAGER, dry_run=True)
        except ApiError as error:
            if error.is_conflict or error.is_not_found:
                raise
            text = f"error reconciling the Cluster topology: failed to create patch helper for {current['kind']}"
            cause = f"server side apply dry-run failed for modified object: {error.message}"
            raise TopologyError(f"{text} {Key.of(current)}: {cause}") from error
        return bool(outcome.get("spec") != current.get("spec"))

    def _is_settled(self, current: Json, wanted: Json) -> bool:
        return self._settled.get(meta(current)["uid"]) == _outcome(current, wanted)

    def _remember(self, stored: Json, wanted: Json) -> None:
        uid = meta(stored)["uid"]
        self._settled[uid] = _outcome(stored, wanted)
        self._settled.move_to_end(uid)
        if len(self._settled) > REMEMBERED:
            self._settled.popitem(last=False)


def _outcome(stored: Json, wanted: Json) -> Hashable:
    """What must still be so for *wanted* to need no more applying: it itself, and all that nobody else changed."""
    given = {**wanted, "metadata": {**meta(wanted), "name": ""}}
    return (
        hashlib.blake2b(gojson.dumps(given), digest_size=16).digest(),
        meta(stored).get("generation"),
        tuple(sorted(labels(stored).items())),
        tuple(sorted(annotations(stored).items())),
        gojson.dumps(owner_references(stored)),
    )


def _intent(wanted: Json) -> Json:
    """What is applied of *wanted*.

    An endpoint that is not known yet is the provider's to set. Empty lists are left out: patches make them to have
    something to append to, and the schemas of v1beta2 refuse those that stayed empty.
    """
    intent: Json = {name: wanted[name] for name in ("apiVersion", "kind", "metadata", "spec") if name in wanted}
    intent["metadata"] = dict(meta(wanted))
    intent["spec"] = _without_empty_lists(wanted.get("spec") or {})
    endpoint = get_in(wanted, "spec", "controlPlaneEndpoint")
    if isinstance(endpoint, dict):
        known = {name: value for name, value in endpoint.items() if value not in ("", 0)}
        spec = {**intent["spec"], "controlPlaneEndpoint": known}
        if not known:
            del spec["controlPlaneEndpoint"]
        intent["spec"] = spec
    return intent


def _without_empty_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_empty_lists(each) for name, each in value.items() if each != []}
    if isinstance(value, list):
        return [_without_empty_lists(each) for each in value]
    return value


def _creation_failed(wanted: Json, error: ApiError) -> str:
    """Why an object could not be made, in upstream's words; the object's generated name is left out."""
    what = f"error reconciling the Cluster topology: failed to create {GVK.of(wanted).group_kind}"
    given = (error.details or {}).get("causes") or ()
    causes = " ".join(f"{c.get('reason', '')}: {c.get('field', '')}: {c.get('message', '')}" for c in given)
    text = causes or error.message.replace(meta(wanted)["name"], "…")
    return f"{what}: {text}"


def _check_compatible(current: Json, wanted: Json) -> None:
    have, want, name = GVK.of(current), GVK.of(wanted), meta(current)["name"]
    for place, what, old, new in (
        ("apiVersion", "group", have.group, want.group),
        ("kind", "kind", have.kind, want.kind),
    ):
        if old != new:
            text = f'apiVersion.{what} of {have.group_kind}/{name} cannot be changed from "{old}" to "{new}"'
            reason = "to prevent incompatible changes in the Cluster"
            raise TopologyError(f"error reconciling the Cluster topology: metadata.{place}: Forbidden: {text} {reason}")
