"""`fairlead cluster`: workload clusters.

`kubeconfig` prints how to reach one, `describe` how it is.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import sys
from urllib.parse import urlsplit

from fairlead.base.objects import Json, get_in, meta
from fairlead.cli import describe, kinds, tables
from fairlead.cli.connection import Connection, add_connection_flags
from fairlead.cli.errors import CommandError, RefusedError
from fairlead.cli.reconcile import find

WORKLOAD_DOMAIN = "workload.fairlead.internal"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their flags."""
    commands = parser.add_subparsers(dest="cluster_command", metavar="COMMAND", required=True)
    kubeconfig = commands.add_parser(
        "kubeconfig", help="print the kubeconfig of a cluster", description=KUBECONFIG, allow_abbrev=False
    )
    kubeconfig.add_argument("name", metavar="NAME")
    kubeconfig.add_argument(
        "-n", "--namespace", default="", help="the cluster's namespace (default: where it is found)"
    )
    kubeconfig.add_argument(
        "--raw", action="store_true", help="as it is stored, also when a lab must be reached otherwise"
    )
    kubeconfig.add_argument("-o", "--output", choices=("json", "yaml"), default="yaml", help="format (yaml)")
    add_connection_flags(kubeconfig)
    text = "a cluster's parts and their conditions, as a tree"
    described = f"{text[0].upper()}{text[1:]}, as clusterctl does."
    shown = commands.add_parser("describe", help=text, description=described, allow_abbrev=False)
    describe.configure(shown)


KUBECONFIG = """Print the kubeconfig that Cluster API keeps for a workload cluster. In a lab its address is simulated:
the kubeconfig then leads to the lab's local listener, which kubectl can reach."""


def run(args: argparse.Namespace, connection: Connection) -> int:
    """Run the subcommand; return the exit code."""
    if args.cluster_command == "kubeconfig":
        return _kubeconfig(args, connection)
    return describe.run(args, connection)


def _kubeconfig(args: argparse.Namespace, connection: Connection) -> int:
    cluster = find(connection, kinds.CLUSTER, args.name, args.namespace)
    data = stored_kubeconfig(connection, cluster)
    listener = "" if args.raw else workload_listener(connection)
    if not listener and args.output == "yaml":
        tables.write(data.decode("utf-8", "replace"))
        return 0
    from fairlead.base import yaml

    try:
        config = yaml.load(data)
    except yaml.YamlError as error:
        raise CommandError(f"the stored kubeconfig of {args.name} is not YAML: {error}") from error
    if not isinstance(config, dict):
        raise CommandError(f"the stored kubeconfig of {args.name} is not a mapping")
    tables.write_document(through_listener(config, listener) if listener else config, args.output)
    sys.stdout.flush()
    return 0


def stored_kubeconfig(connection: Connection, cluster: Json) -> bytes:
    """The kubeconfig of a Cluster. Raises: CommandError when there is none yet, with what it waits for."""
    name, namespace = meta(cluster)["name"], meta(cluster)["namespace"]
    secret_name = f"{name}-kubeconfig"
    try:
        secret = connection.get(kinds.SECRET, namespace, secret_name)
    except RefusedError as error:
        if error.status != 404:
            raise
        initialized = get_in(cluster, "status", "initialization", "controlPlaneInitialized") is True
        why = "" if initialized else "; its control plane is not initialized yet"
        hint = f"`fairlead cluster describe {name} -n {namespace}` says what it waits for"
        raise CommandError(f"Secret {namespace}/{secret_name} does not exist{why}", hint) from error
    try:
        return base64.b64decode(get_in(secret, "data", "value", default=""), validate=True)
    except binascii.Error as error:
        raise CommandError(f"Secret {namespace}/{secret_name}: data.value is not base64") from error


def workload_listener(connection: Connection) -> str:
    """Where the lab behind *connection* takes connections to its workload clusters (`host:port`); empty for no lab.

    Raises: CommandError when its endpoints.json cannot be read.
    """
    import orjson

    for folder in connection.folders:
        path = folder / "endpoints.json"
        try:
            found = orjson.loads(path.read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise CommandError(f"cannot read {path}: {error}", "--raw prints the kubeconfig as it is stored") from error
        if isinstance(found, dict) and found.get("api") == connection.server:
            listener = found.get("workloads")
            return listener if isinstance(listener, str) else ""
    return ""


def through_listener(config: Json, listener: str) -> Json:
    """A kubeconfig whose servers are reached through *listener*, told apart by the TLS server name."""
    clusters = []
    for entry in config.get("clusters") or ():
        cluster = entry.get("cluster") or {}
        changed = {"server": f"https://{listener}", "tls-server-name": server_name(cluster.get("server", ""))}
        clusters.append({**entry, "cluster": {**cluster, **changed}})
    return {**config, "clusters": clusters}


def server_name(server: str) -> str:
    """The name by which the lab's listener knows a workload API server (`192-168-10-11-6443.workload…`)."""
    parts = urlsplit(server)
    host = (parts.hostname or "").replace(".", "-").replace(":", "-")
    return f"{host}-{parts.port or 443}.{WORKLOAD_DOMAIN}"
