"""`fairlead reconcile`: have a Flux object looked at now, and wait until it was, with what came of it.

Source: flux2 v2.9 cmd/flux/reconcile.go, reconcile_with_source.go (the annotation, the order, the words).
Differences: the wait is a watch, and ends as soon as the object says that it failed.
"""

from __future__ import annotations

import argparse
from datetime import timedelta

from fairlead.base import objects
from fairlead.base.objects import Json, get_in, meta
from fairlead.cli import kinds
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.durations import parse_duration
from fairlead.cli.errors import CommandError, RefusedError, UsageError
from fairlead.cli.get import missing, revision_of
from fairlead.cli.health import State, health_of, is_suspended
from fairlead.cli.kinds import Resource
from fairlead.cli.terminal import Notes
from fairlead.cli.tree import ambiguous

REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
FORCE_AT, RESET_AT = "reconcile.fluxcd.io/forceAt", "reconcile.fluxcd.io/resetAt"
DEFAULT_TIMEOUT = "5m"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("target", nargs="+", metavar="KIND NAME", help="as `ks clusters` or `kustomization/clusters`")
    parser.add_argument("--with-source", action="store_true", help="first what it is made from: its source, its chart")
    parser.add_argument("--force", action="store_true", help="HelmRelease: install or upgrade even without a change")
    parser.add_argument("--reset", action="store_true", help="HelmRelease: forget how often it failed")
    add_wait_flags(parser)
    add_connection_flags(parser)


def add_wait_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of commands that change one object and wait."""
    parser.add_argument("-n", "--namespace", default="", help="the object's namespace (default: where it is found)")
    parser.add_argument(
        "--timeout", type=parse_duration, default=DEFAULT_TIMEOUT, metavar="DURATION", help="how long to wait (5m)"
    )


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the command; return the exit code."""
    word, names = kinds.split_target(args.target)
    resource = kinds.lookup(connection, word)
    if not resource.requests:
        flux = ", ".join(each.singular for each in kinds.FLUX)
        raise UsageError(f"{resource.kind} has no reconciliation that can be asked for", f"KIND is one of {flux}")
    if len(names) != 1:
        raise UsageError(f"{resource.kind} name is required", f"as `fairlead reconcile {resource.singular} NAME`")
    obj = find(connection, resource, names[0], args.namespace)
    extra = [*([FORCE_AT] if args.force else []), *([RESET_AT] if args.reset else [])]
    reconcile(connection, resource, obj, Notes(), args.timeout, with_source=args.with_source, extra=extra)
    return 0


def find(connection: Connection, resource: Resource, name: str, namespace: str) -> Json:
    """One object by its name, in any namespace when none is given. Raises: CommandError for none or several."""
    if namespace:
        try:
            return connection.get(resource, namespace, name)
        except RefusedError as error:
            if error.status == 404:
                raise missing(resource, name, namespace) from error
            raise
    found = connection.list(resource, fields=f"metadata.name={name}")
    if not found:
        raise missing(resource, name, "")
    if len(found) > 1:
        raise ambiguous(resource.kind, name, [meta(each)["namespace"] for each in found])
    return found[0]


def reconcile(
    connection: Connection,
    resource: Resource,
    obj: Json,
    notes: Notes,
    timeout: timedelta,
    *,
    with_source: bool = False,
    extra: list[str] | None = None,
) -> None:
    """Ask for a reconciliation and wait for its end. Raises: CommandError when it fails or takes too long."""
    name, namespace = meta(obj)["name"], meta(obj)["namespace"]
    if is_suspended(obj):
        raise CommandError(
            f"{resource.kind} {namespace}/{name}: resource is suspended",
            f"`fairlead resume {resource.singular} {name} -n {namespace}` goes on with it",
        )
    if with_source:
        _reconcile_source(connection, obj, notes, timeout)
    notes.action(f"annotating {resource.kind} {name} in {namespace} namespace")
    stamps = dict.fromkeys([REQUESTED_AT, *(extra or [])], stamp(connection))
    changed = connection.patch(resource, namespace, name, {"metadata": {"annotations": stamps}})
    notes.done(f"{resource.kind} annotated")
    wait_for_handled(connection, resource, changed, notes, timeout)


def stamp(connection: Connection) -> str:
    """The value of a new request: the present instant, unlike any before."""
    return connection.clock.now().isoformat(timespec="microseconds").replace("+00:00", "Z")


def wait_for_handled(connection: Connection, resource: Resource, obj: Json, notes: Notes, timeout: timedelta) -> None:
    """Wait until the request that *obj* carries was handled and it is Ready. Raises: CommandError."""
    notes.waiting(f"waiting for {resource.kind} reconciliation")
    name, namespace = meta(obj)["name"], meta(obj)["namespace"]
    if resource is kinds.HELM_REPOSITORY and get_in(obj, "spec", "type") == "oci":
        notes.done("Helm repository is Ready")  # nothing reconciles it
        return
    wanted = objects.annotations(obj).get(REQUESTED_AT, "")
    if not _is_over(obj, wanted):
        revision = meta(obj)["resourceVersion"]
        for type_, seen in connection.watch(
            resource, namespace, name=name, revision=revision, timeout_seconds=timeout.total_seconds()
        ):
            obj = seen
            if type_ == "DELETED":
                raise CommandError(f"{resource.kind} {namespace}/{name} was deleted meanwhile")
            if _is_over(obj, wanted):
                break
        else:
            raise _too_late(resource, obj, wanted, timeout)
    health = health_of(obj)
    if not health.is_ready:
        raise CommandError(f"{resource.kind} reconciliation failed: '{health.message}'")
    notes.done(_success(obj))


def _is_over(obj: Json, wanted: str) -> bool:
    """Whether the request was handled and the object is Ready or has failed."""
    if get_in(obj, "status", "lastHandledReconcileAt", default="") != wanted:
        return False
    return health_of(obj).state is not State.WAITING


def _too_late(resource: Resource, obj: Json, wanted: str, timeout: timedelta) -> CommandError:
    handled = get_in(obj, "status", "lastHandledReconcileAt", default="") == wanted
    state = health_of(obj).message if handled else "its controller has not answered the request"
    name = f"{resource.kind} {meta(obj)['namespace']}/{meta(obj)['name']}"
    return CommandError(
        f"{name} is not Ready after {timeout.total_seconds():g}s: {state}", "`fairlead status` says what holds it up"
    )


def _reconcile_source(connection: Connection, obj: Json, notes: Notes, timeout: timedelta) -> None:
    """What a Kustomization, chart or release is made from, the outermost first."""
    ref = get_in(obj, "spec", "sourceRef") or get_in(obj, "spec", "chartRef")
    namespace = meta(obj)["namespace"]
    if not ref and obj["kind"] == "HelmRelease":
        owner = get_in(obj, "spec", "chart", "spec", "sourceRef", default={})
        ref = {"kind": "HelmChart", "name": f"{namespace}-{meta(obj)['name']}", "namespace": owner.get("namespace")}
    if not ref:
        raise UsageError(f"{obj['kind']} has no source: leave --with-source out")
    deeper = ref.get("kind") == "HelmChart"
    source = kinds.by_kind(ref.get("kind", ""))
    if source is None:
        raise CommandError(f"cannot reconcile source of kind {ref.get('kind')}")
    found = find(connection, source, ref["name"], ref.get("namespace") or namespace)
    reconcile(connection, source, found, notes, timeout, with_source=deeper)


def _success(obj: Json) -> str:
    """What flux says in the end."""
    status = obj.get("status") or {}
    if obj["kind"] == "Kustomization":
        return f"applied revision {status.get('lastAppliedRevision', '')}"
    if obj["kind"] == "HelmRelease":
        return f"applied revision {revision_of(obj)}"
    return f"fetched revision {get_in(status, 'artifact', 'revision', default='')}"
