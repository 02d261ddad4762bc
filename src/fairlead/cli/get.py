"""`fairlead get`: objects and their state as a table.

Flux's kinds have the columns of `flux get`, clusters and machines a short table of their own (`-o wide` has
upstream's printer columns), every other kind the table that the API server makes for kubectl.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Sequence

from fairlead.api.kubernetes.text import since
from fairlead.base.objects import Json, get_in, meta
from fairlead.cli import kinds, tables
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.errors import CommandError, UsageError
from fairlead.cli.kinds import Resource
from fairlead.runtime.conditions import find

Row = list[str]

EXAMPLES = """\
words for KIND:
  git, helm, chart, oci, sources     GitRepository, HelmRepository, HelmChart …
  ks, kustomizations                 Kustomization
  hr, helmreleases                   HelmRelease
  clusters, machines, kcp, md, vms   Cluster API and vSphere
  all                                all of Flux's kinds
  any other kind the API serves, by name, short name or plural
"""


NODES_HINT = (
    "hint: nodes are in the workload clusters: fairlead cluster kubeconfig NAME > FILE, then "
    "kubectl --kubeconfig FILE get nodes"
)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EXAMPLES
    parser.add_argument("target", nargs="+", metavar="KIND", help="KIND, KIND NAME… or KIND/NAME")
    add_namespace_flags(parser)
    parser.add_argument("-o", "--output", choices=tables.FORMATS, default="", help="instead of a short table")
    parser.add_argument("-l", "--selector", "--label-selector", metavar="LABELS", default="", help="label selector")
    parser.add_argument(
        "--status-selector", metavar="TYPE=STATUS", default="", help="only with this condition, as ready=false"
    )
    text = "then a row for each change, until interrupted"
    parser.add_argument("-w", "--watch", action="store_true", help=text)
    parser.add_argument("--no-header", action="store_true", help="leave the table's header out")
    parser.add_argument("--show-managed-fields", action="store_true", help="keep managedFields in -o json and yaml")
    add_connection_flags(parser)


def add_namespace_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that choose namespaces."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-n", "--namespace", default="", help="only this namespace (default: all)")
    group.add_argument("-A", "--all-namespaces", action="store_true", help="all namespaces")


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the command; return the exit code."""
    word, names = kinds.split_target(args.target)
    wanted = kinds.GROUPS.get(word.lower())
    if wanted is not None and names:
        raise UsageError(f"names cannot be given with {word!r}, which is several kinds")
    several = wanted is not None
    if wanted is None:
        wanted = (kinds.lookup(connection, word),)
        if args.watch:
            _watch(connection, wanted[0], names, args)
            return 0
    elif args.watch:
        raise UsageError(
            f"--watch takes one kind, {word!r} is several", "`fairlead status --watch` follows all of them"
        )
    elif args.output in ("json", "yaml"):
        items = [item for each in wanted for item in _select(connection, each, [], args)]
        tables.write_document(tables.list_of(items, _stripper(args)), args.output)
        return 0
    printed = 0
    for resource in wanted:
        printed += _print_kind(connection, resource, names, args, named_kind=several, gap=printed > 0)
    if not printed and not args.output.startswith(("json", "yaml")):
        where = f" in namespace {args.namespace}" if args.namespace else " in any namespace"
        what = "objects of Flux" if several else wanted[0].plural
        print(f"No {what} found{where if several or wanted[0].namespaced else ''}.", file=sys.stderr)
        if not several and (wanted[0].group, wanted[0].kind) == ("", "Node"):
            print(NODES_HINT, file=sys.stderr)
    return 0


def _print_kind(
    connection: Connection,
    resource: Resource,
    names: Sequence[str],
    args: argparse.Namespace,
    *,
    named_kind: bool,
    gap: bool,
) -> int:
    """Print the objects of one kind; returns how many there were."""
    if args.output in ("json", "yaml"):
        items = _select(connection, resource, names, args)
        strip = _stripper(args)
        whole = strip(items[0]) if len(names) == 1 and len(items) == 1 else tables.list_of(items, strip)
        tables.write_document(whole, args.output)
        return 1
    summary = _summary_for(resource, args)
    if summary is None:
        header, rows = _server_table(connection, resource, names, args)
    else:
        header, rows = _own_table(connection, resource, summary, _select(connection, resource, names, args), args)
        if named_kind:
            place = header.index("NAME")
            rows = [[*row[:place], f"{resource.singular}/{row[place]}", *row[place + 1 :]] for row in rows]
    if rows:
        if gap:
            tables.write("\n")
        if args.no_header:
            header = []
        tables.write_table(header, rows)
    return len(rows)


def _watch(connection: Connection, resource: Resource, names: Sequence[str], args: argparse.Namespace) -> None:
    """Print the table, then each change, until interrupted."""
    from fairlead.cli.following import Grid, changes

    known = _select(connection, resource, names, args)
    summary = _summary_for(resource, args)

    def table(items: Sequence[Json]) -> tuple[Row, list[Row]]:
        if summary is not None:
            return _own_table(connection, resource, summary, items, args)
        return _server_rows(asking, resource, items, args)

    asking = connection.twin()  # the other one waits for changes
    following = changes(connection, resource, args.namespace, names, args.selector, known)
    if args.output in ("json", "yaml"):
        strip = _stripper(args)
        for item in itertools.chain(known, (obj for obj, _ in following if _matches(obj, args.status_selector))):
            if args.output == "yaml":
                tables.write("---\n")
            tables.write_document(strip(item), args.output)
            sys.stdout.flush()
        return
    grid = Grid(*table(known), with_header=not args.no_header)
    for item, is_gone in following:
        if is_gone:
            grid.write_gone(meta(item).get("namespace", ""), meta(item)["name"])
        elif _matches(item, args.status_selector):
            grid.write(table([item])[1])


def _summary_for(resource: Resource, args: argparse.Namespace) -> Summary | None:
    return None if args.output == "wide" and resource in _SHORT else _SUMMARIES.get(resource)


def _own_table(
    connection: Connection, resource: Resource, summary: Summary, items: Sequence[Json], args: argparse.Namespace
) -> tuple[Row, list[Row]]:
    header, cells = summary(connection, args.output == "wide")
    spaces = _shows_namespace(args, resource)
    rows = [[*([meta(item)["namespace"]] if spaces else []), str(meta(item)["name"]), *cells(item)] for item in items]
    return [*(["NAMESPACE"] if spaces else []), "NAME", *header], rows


def _shows_namespace(args: argparse.Namespace, resource: Resource) -> bool:
    return resource.namespaced and not args.namespace


def _stripper(args: argparse.Namespace) -> Callable[[Json], Json]:
    return (lambda obj: obj) if args.show_managed_fields else tables.without_managed_fields


def _select(connection: Connection, resource: Resource, names: Sequence[str], args: argparse.Namespace) -> list[Json]:
    """The objects that are asked for. Raises: CommandError when a name is not found."""
    if not names:
        items = connection.list(resource, args.namespace, labels=args.selector)
        return [item for item in items if _matches(item, args.status_selector)]
    found: list[Json] = []
    for name in names:
        hits = connection.list(resource, args.namespace, fields=f"metadata.name={name}")
        if not hits:
            raise missing(resource, name, args.namespace)
        found.extend(hits)
    return found


def missing(resource: Resource, name: str, namespace: str) -> CommandError:
    """What is said of an object that is not there."""
    where = f'"{namespace}" namespace' if namespace and resource.namespaced else "any namespace"
    word = resource.plural if resource.group else resource.kind.lower()
    return CommandError(
        f"{resource.kind} object '{name}' not found in {where}", f"`fairlead get {word}` lists what there is"
    )


def _matches(item: Json, selector: str) -> bool:
    if not selector:
        return True
    negated = "!=" in selector
    type_, separator, status = selector.partition("!=" if negated else "=")
    if not separator:
        raise UsageError(f"expected --status-selector TYPE=STATUS or TYPE!=STATUS, got {selector!r}")
    conditions = get_in(item, "status", "conditions") or ()
    hit = any(
        c.get("type", "").lower() == type_.lower() and c.get("status", "").lower() == status.lower() for c in conditions
    )
    return hit != negated


# -- tables of the server ---------------------------------------------------------------------------------------


def _server_table(
    connection: Connection, resource: Resource, names: Sequence[str], args: argparse.Namespace
) -> tuple[Row, list[Row]]:
    if names:
        parts = []
        for name in names:
            part = connection.table(resource, args.namespace, fields=f"metadata.name={name}")
            if not part.get("rows"):
                raise missing(resource, name, args.namespace)
            parts.append(part)
    else:
        parts = [connection.table(resource, args.namespace, labels=args.selector)]
    return _rows_of(connection, resource, parts, args)


def _server_rows(
    connection: Connection, resource: Resource, items: Sequence[Json], args: argparse.Namespace
) -> tuple[Row, list[Row]]:
    """The server's rows of some objects, as far as they are there; with none, its header."""
    asked = [(meta(item).get("namespace", ""), meta(item)["name"]) for item in items] or [("", "-")]
    parts = [connection.table(resource, space, fields=f"metadata.name={name}") for space, name in asked]
    return _rows_of(connection, resource, parts, args)


def _rows_of(
    connection: Connection, resource: Resource, parts: Sequence[Json], args: argparse.Namespace
) -> tuple[Row, list[Row]]:
    wide = args.output == "wide"
    definitions = parts[0].get("columnDefinitions")
    if definitions is None:
        raise CommandError(f"{connection.server} gives no table of {resource.plural}", "try -o yaml")
    shown = [i for i, column in enumerate(definitions) if wide or not column.get("priority")]
    spaces = _shows_namespace(args, resource)
    header = [*(["NAMESPACE"] if spaces else []), *(definitions[i]["name"].upper() for i in shown)]
    rows: list[Row] = []
    for part in parts:
        for row in part.get("rows") or ():
            space = [get_in(row, "object", "metadata", "namespace") or ""] if spaces else []
            rows.append([*space, *(_cell(row["cells"][i]) for i in shown)])
    return header, rows


def _cell(value: object) -> str:
    if value is None:
        return "<none>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


# -- our own tables ---------------------------------------------------------------------------------------------

Cells = Callable[[Json], Row]
Summary = Callable[[Connection, bool], tuple[Row, Cells]]


def ready_and_message(item: Json) -> tuple[str, str]:
    """Status and message of the Ready condition, as flux prints them."""
    condition = find(get_in(item, "status", "conditions"), "Ready")
    if condition is None:
        return "False", "waiting to be reconciled"
    return condition.get("status", ""), tables.one_line(condition.get("message", ""))


def revision_of(item: Json) -> str:
    """The revision of a Flux object: its artifact's, the applied one, the chart's."""
    status = item.get("status") or {}
    if item["kind"] == "Kustomization":
        return tables.short_hex(status.get("lastAppliedRevision") or "")
    if item["kind"] == "HelmRelease":
        history = status.get("history") or ()
        return (history[0].get("chartVersion") if history else status.get("lastAttemptedRevision")) or ""
    revision = get_in(status, "artifact", "revision", default="")
    return revision if item["kind"] == "HelmChart" else tables.short_hex(revision)


def source_of(item: Json) -> str:
    """`Kind/namespace/name` of what a Kustomization, chart or release is made from."""
    spec = item.get("spec") or {}
    ref = spec.get("sourceRef") or spec.get("chartRef") or get_in(spec, "chart", "spec", "sourceRef")
    if not isinstance(ref, dict):
        return spec.get("url") or ""
    return f"{ref.get('kind', '')}/{ref.get('namespace') or meta(item)['namespace']}/{ref.get('name', '')}"


def _flux_summary(connection: Connection, wide: bool) -> tuple[Row, Cells]:
    now = connection.clock.now()

    def cells(item: Json) -> Row:
        status, message = ready_and_message(item)
        if item["kind"] == "HelmRepository" and get_in(item, "spec", "type") == "oci":
            status, message = "True", "Helm repository is Ready"
        if item["kind"] != "HelmRelease":
            message = tables.short_hex(message)
        suspended = "True" if get_in(item, "spec", "suspend") else "False"
        more = [source_of(item), since(meta(item).get("creationTimestamp"), now)] if wide else []
        return [*more, revision_of(item), suspended, status, message]

    return [*(["SOURCE", "AGE"] if wide else []), "REVISION", "SUSPENDED", "READY", "MESSAGE"], cells


def versions_of(cluster: Json) -> str:
    """The Kubernetes versions of a cluster's control plane."""
    versions = get_in(cluster, "status", "controlPlane", "versions") or ()
    return ",".join(each.get("version", "") for each in versions) or get_in(
        cluster, "spec", "topology", "version", default=""
    )


def replicas_text(counts: Json | None) -> str:
    """`ready/desired` of a cluster's control plane or workers."""
    counts = counts or {}
    return f"{counts.get('readyReplicas') or 0}/{counts.get('desiredReplicas') or 0}"


def _cluster_summary(connection: Connection, wide: bool) -> tuple[Row, Cells]:
    now = connection.clock.now()

    def cells(item: Json) -> Row:
        status = item.get("status") or {}
        available = find(status.get("conditions"), "Available") or {}
        return [
            status.get("phase", "Pending"),
            versions_of(item),
            replicas_text(status.get("controlPlane")),
            replicas_text(status.get("workers")),
            available.get("status", "Unknown"),
            since(meta(item).get("creationTimestamp"), now),
        ]

    return ["PHASE", "VERSION", "CONTROL PLANE", "WORKERS", "AVAILABLE", "AGE"], cells


def _machine_summary(connection: Connection, wide: bool) -> tuple[Row, Cells]:
    now = connection.clock.now()

    def cells(item: Json) -> Row:
        ready = find(get_in(item, "status", "conditions"), "Ready") or {}
        return [
            get_in(item, "spec", "clusterName", default=""),
            get_in(item, "status", "phase", default="Pending"),
            ready.get("status", "Unknown"),
            get_in(item, "spec", "version", default=""),
            since(meta(item).get("creationTimestamp"), now),
        ]

    return ["CLUSTER", "PHASE", "READY", "VERSION", "AGE"], cells


def _vm_summary(connection: Connection, wide: bool) -> tuple[Row, Cells]:
    def cells(item: Json) -> Row:
        status = item.get("status") or {}
        ready, message = ready_and_message(item)
        return [
            (meta(item).get("labels") or {}).get("cluster.x-k8s.io/cluster-name", ""),
            ",".join(status.get("addresses") or ()),
            status.get("host", ""),
            ready,
            message,
        ]

    return ["CLUSTER", "ADDRESS", "HOST", "READY", "MESSAGE"], cells


_SHORT = (kinds.CLUSTER, kinds.MACHINE)  # whose wide table is the server's
_SUMMARIES: dict[Resource, Summary] = {
    **dict.fromkeys(kinds.FLUX, _flux_summary),
    kinds.CLUSTER: _cluster_summary,
    kinds.MACHINE: _machine_summary,
    kinds.VSPHERE_VM: _vm_summary,
}
