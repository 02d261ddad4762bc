"""The end of a Kustomization: what it applied is taken out, as its deletion policy says, then it is let go.

Source: kustomize-controller v1.9, kustomization_controller.go (finalize, finalizerShouldDeleteResources). What upstream
only logs, an object that cannot be deleted or is not gone yet, stands in the conditions here.
"""

from datetime import timedelta

from fairlead.base.objects import Json, Key, finalizers, get_in
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.apply import PREFIX, Applier
from fairlead.controllers.flux.inventory import Item, entries_of
from fairlead.controllers.flux.kustomize.attempt import APPLIER, Parts
from fairlead.controllers.flux.kustomize.judging import timeout_seconds
from fairlead.controllers.flux.kustomize.variables import SECRET
from fairlead.controllers.flux.reporting import FINALIZER, READY, RECONCILING, FluxReport
from fairlead.runtime.client import Client
from fairlead.runtime.clock import parse_timestamp
from fairlead.runtime.conditions import find
from fairlead.runtime.outcome import Result, WaitingError
from fairlead.runtime.remote import UnreachableError

LOOK_AGAIN = timedelta(seconds=5)


def must_delete(ks: Json) -> bool:
    """Whether the objects go with their Kustomization."""
    spec = ks["spec"]
    if spec.get("suspend") or not entries_of(ks.get("status") or {}):
        return False
    policy = spec.get("deletionPolicy") or "MirrorPrune"
    return bool(spec.get("prune")) if policy == "MirrorPrune" else policy in ("Delete", "WaitForTermination")


async def finalize(parts: Parts, ks: Json, draft: Json) -> Result:
    """Delete what *ks* applied and take the finalizer off *draft*, or look again later.

    Raises:
        WaitingError: the cluster that holds the objects is out of reach.
    """
    if FINALIZER not in finalizers(ks):
        return Result.done()
    if must_delete(ks):
        items = [Item.parse(entry) for entry in entries_of(ks["status"])]
        client = await _client(parts, ks, items)
        if client is not None and not await _deleted(parts, ks, draft, client, items):
            return Result.again(LOOK_AGAIN)
    draft["metadata"]["finalizers"] = [name for name in finalizers(ks) if name != FINALIZER]
    return Result.done()


async def _client(parts: Parts, ks: Json, items: list[Item]) -> Client | None:
    """The cluster to delete from; None when its credentials are gone, and the cluster with them."""
    secret = get_in(ks, "spec", "kubeConfig", "secretRef", "name")
    if secret and await get_or_none(parts.client, SECRET, Key(Key.of(ks).namespace, secret)) is None:
        text = "unable to prune objects: \n" + "\n".join(item.subject for item in items)
        await parts.recorder.warning(ks, _reason(ks), text)
        return None
    try:
        return await parts.targets.client_for(ks)
    except UnreachableError as error:
        await parts.targets.expect(ks)
        raise WaitingError(str(error), LOOK_AGAIN) from error


async def _deleted(parts: Parts, ks: Json, draft: Json, client: Client, items: list[Item]) -> bool:
    """Delete *items*; whether all that is to be waited for is gone."""
    key = Key.of(ks)
    applier = Applier(client, APPLIER, parts.clock)
    waits = ks["spec"].get("deletionPolicy") == "WaitForTermination"
    if key not in parts.terminating:
        if waits:
            await parts.managed.follow(key, parts.targets.name_of(ks), client, items)
            parts.managed.check(key, items)
        pruned = await applier.prune(items, (key.name, key.namespace))
        if pruned.errors:
            text = f"delete failed, errors: {''.join(f'{e};' for e in pruned.errors)}"
            if _said(ks) != text:
                told = f"pruning for deleted resource failed: {text}"
                await parts.recorder.warning(ks, _reason(ks), told, _revision(ks))
            FluxReport(draft, parts.clock.now()).set(READY, False, "PruneFailed", text)
            return False
        if pruned.lines:
            await parts.recorder.normal(ks, _reason(ks), "\n".join(pruned.lines), _revision(ks))
        parts.terminating[key] = tuple(item for item in items if f"{item.subject} deleted" in pruned.lines)
    left = [item for item in parts.terminating[key] if await applier.get(item) is not None] if waits else []
    if left and not _is_late(parts, ks):
        text = f"waiting for the end of {', '.join(item.subject for item in left)}"
        FluxReport(draft, parts.clock.now()).set(RECONCILING, True, "Progressing", text)
        return False
    if left:
        await parts.recorder.warning(ks, _reason(ks), "failed to wait for resources termination", _revision(ks))
    del parts.terminating[key]
    return True


def _is_late(parts: Parts, ks: Json) -> bool:
    since = parse_timestamp(ks["metadata"]["deletionTimestamp"])
    return (parts.clock.now() - since).total_seconds() >= timeout_seconds(ks["spec"])


def _said(ks: Json) -> str:
    return str((find(get_in(ks, "status", "conditions"), READY) or {}).get("message", ""))


def _reason(ks: Json) -> str:
    ready = find(get_in(ks, "status", "conditions"), "Ready")
    return str(ready["reason"]) if ready is not None else "info"


def _revision(ks: Json) -> dict[str, str]:
    revision = get_in(ks, "status", "lastAppliedRevision", default="")
    return {f"{PREFIX}/revision": revision} if revision else {}
