"""`fairlead suspend` and `resume`: stop the reconciliation of objects, and go on with it.

Source: flux2 v2.9 cmd/flux/suspend.go, resume.go. A Cluster is stopped by `spec.paused`, as Cluster API has it.
"""

from __future__ import annotations

import argparse

from fairlead.base.objects import Json, get_in, meta
from fairlead.cli import kinds
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.errors import CommandError, UsageError
from fairlead.cli.kinds import Resource
from fairlead.cli.reconcile import REQUESTED_AT, add_wait_flags, find, stamp, wait_for_handled
from fairlead.cli.terminal import Notes


def configure_suspend(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `suspend`."""
    _configure(parser, "suspend")
    parser.add_argument("-n", "--namespace", default="", help="the objects' namespace (default: where they are found)")


def configure_resume(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `resume`."""
    _configure(parser, "resume")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for the reconciliation")
    add_wait_flags(parser)


def _configure(parser: argparse.ArgumentParser, verb: str) -> None:
    parser.set_defaults(verb=verb)
    parser.add_argument("target", nargs="+", metavar="KIND NAME", help="as `hr skiff`, `cluster/skiff`, `ks a b c`")
    parser.add_argument("--all", action="store_true", help="all objects of the kind in the namespace")
    add_connection_flags(parser)


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the command; return the exit code."""
    word, names = kinds.split_target(args.target)
    resource = kinds.lookup(connection, word)
    if not resource.suspend:
        words = ", ".join(each.singular for each in kinds.KNOWN if each.suspend)
        raise UsageError(f"{resource.kind} cannot be suspended", f"KIND is one of {words}")
    objects = _objects(connection, resource, names, args)
    notes = Notes()
    if args.verb == "suspend":
        for obj in objects:
            _suspend(connection, resource, obj, notes)
        return 0
    failed = 0
    for obj in objects:
        try:
            _resume(connection, resource, obj, notes, args)
        except CommandError as error:
            if len(objects) == 1:
                raise
            notes.failed(str(error))
            failed += 1
    if failed:
        raise CommandError(f"reconciliation failed for {failed} {resource.kind}(s)")
    return 0


def _objects(connection: Connection, resource: Resource, names: list[str], args: argparse.Namespace) -> list[Json]:
    if args.all:
        if names or not args.namespace:
            raise UsageError("--all wants a namespace (-n) and no names")
        return connection.list(resource, args.namespace)
    if not names:
        raise UsageError(f"{resource.kind} name is required", f"as `fairlead {args.verb} {resource.singular} NAME`")
    return [find(connection, resource, name, args.namespace) for name in names]


def _suspend(connection: Connection, resource: Resource, obj: Json, notes: Notes) -> None:
    name, namespace = meta(obj)["name"], meta(obj)["namespace"]
    notes.action(f"suspending {resource.singular} {name} in {namespace} namespace")
    if not get_in(obj, *resource.suspend):
        connection.patch(resource, namespace, name, _body(resource, True))
    notes.done(f"{resource.singular} suspended")


def _resume(connection: Connection, resource: Resource, obj: Json, notes: Notes, args: argparse.Namespace) -> None:
    name, namespace = meta(obj)["name"], meta(obj)["namespace"]
    notes.action(f"resuming {resource.singular} {name} in {namespace} namespace")
    body = _body(resource, None)
    waits = resource.requests and not args.no_wait
    if waits:
        body["metadata"] = {"annotations": {REQUESTED_AT: stamp(connection)}}
    changed = connection.patch(resource, namespace, name, body)
    notes.done(f"{resource.singular} resumed")
    if waits:
        wait_for_handled(connection, resource, changed, notes, args.timeout)


def _body(resource: Resource, value: bool | None) -> Json:
    """A merge patch of the field that stops the controller; None takes it out."""
    body: Json = {resource.suspend[-1]: value}
    for step in reversed(resource.suspend[:-1]):
        body = {step: body}
    return body
