"""``fairlead helm``: template and show.

Flags, output and exit codes are helm's (4.3). This is the one place where
charts and values are read from files, the clock and the system's randomness.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fairlead.engines.gotemplate.strconv import quote

if TYPE_CHECKING:
    from fairlead.engines.helm.release import Rendered


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their flags."""
    commands = parser.add_subparsers(dest="helm_command", metavar="COMMAND")
    template = commands.add_parser("template", help="locally render templates", allow_abbrev=False)
    _add_values_flags(template)
    _add_template_flags(template)
    for command in ("show", "inspect"):
        show = commands.add_parser(command, help="show information of a chart" if command == "show" else None)
        show.add_argument("what", choices=("all", "chart", "values", "readme", "crds"))
        show.add_argument("chart")


def _add_values_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-f",
        "--values",
        action="append",
        default=[],
        metavar="FILE",
        dest="value_files",
        help="values in a YAML file (may be given several times, or as a list with commas)",
    )
    for flag, text in (
        ("--set", "values as key=value"),
        ("--set-string", "values as key=value, kept as text"),
        ("--set-json", "values as key=JSON, or as one JSON object"),
        ("--set-file", "values as key=path of the file that has the text"),
        ("--set-literal", "a value as key=text, nothing in the text is special"),
    ):
        parser.add_argument(flag, action="append", default=[], metavar="KEY=VALUE", help=text)


def _add_template_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("args", nargs="+", metavar="[NAME] CHART")
    parser.add_argument("-n", "--namespace", default=os.environ.get("HELM_NAMESPACE") or "default")
    parser.add_argument("-s", "--show-only", action="append", default=[], metavar="TEMPLATE")
    parser.add_argument("-a", "--api-versions", action="append", default=[], metavar="VERSIONS")
    parser.add_argument("--kube-version", default="")
    parser.add_argument("--include-crds", action="store_true")
    parser.add_argument("--skip-tests", action="store_true")
    parser.add_argument("--no-hooks", action="store_true")
    parser.add_argument("--is-upgrade", action="store_true")
    parser.add_argument("--skip-schema-validation", action="store_true")
    parser.add_argument("--debug", action="store_true")
    parser.add_argument("-g", "--generate-name", action="store_true")
    parser.add_argument("--name-template", default="")
    parser.add_argument("--output-dir", default="")
    parser.add_argument(
        "--source-map", default="", metavar="FILE", help="write where each output line comes from, as JSON"
    )
    parser.add_argument("--dry-run", nargs="?", const="client", default="client", help="only client is known")
    for flag in (
        "--devel",
        "--enable-dns",
        "--skip-crds",
        "--hide-notes",
        "--render-subchart-notes",
        "--replace",
        "--create-namespace",
        "--dependency-update",
        "--disable-openapi-validation",
        "--wait-for-jobs",
    ):
        parser.add_argument(flag, action="store_true", help=argparse.SUPPRESS)
    for flag in ("--version", "--timeout", "--description", "--repo", "--wait", "--labels"):
        parser.add_argument(flag, default="", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from fairlead.engines.helm.errors import HelmError, ManifestError, RenderError

    handlers = {"template": _template, "show": _show, "inspect": _show}
    handler = handlers.get(args.helm_command or "")
    if handler is None:
        print("Error: no subcommand given; see fairlead helm --help", file=sys.stderr)
        return 2
    try:
        return handler(args)
    except HelmError as error:
        text = f"Error: {error}"
        if isinstance(error, RenderError | ManifestError):
            if getattr(args, "debug", False) and isinstance(error, ManifestError):
                print(error.partial.strip())
            else:
                text += "\n\nUse --debug flag to render out invalid YAML"
        print(text, file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1


def read_folder(path: str) -> dict[str, bytes]:
    """Return the files below *path*, links followed, by name relative to it."""
    files: dict[str, bytes] = {}
    for root, folders, names in os.walk(path, followlinks=True):
        folders.sort()
        for name in names:
            full = os.path.join(root, name)
            with open(full, "rb") as handle:
                files[os.path.relpath(full, path)] = handle.read()
    return files


def load(path: str) -> Any:
    """Return the chart in a folder or archive."""
    from fairlead.engines.helm.chart import load_archive, load_chart
    from fairlead.engines.helm.errors import ChartError

    if os.path.isdir(path):
        return load_chart(read_folder(path))
    try:
        with open(path, "rb") as handle:
            return load_archive(handle.read())
    except FileNotFoundError:
        raise ChartError(f"path {path!r} not found") from None


def gather_values(args: argparse.Namespace, sources: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Return the values that the flags give; the files read are added to *sources*."""
    from fairlead.engines.helm import strvals
    from fairlead.engines.helm.chart import load_values, merge_maps
    from fairlead.engines.helm.errors import ChartError, ValuesError

    values: dict[str, Any] = {}
    for given in args.value_files:
        for path in given.split(","):
            data = _read(path)
            sources.append((path, data))
            try:
                values = merge_maps(values, load_values(data, path))
            except ChartError as error:
                raise ValuesError(f"failed to parse {path}: {error}", file=path, line=error.line) from error
    for text in args.set_json:
        values = strvals.parse_set_json(text, values)
    for text in args.set:
        strvals.parse_set(text, values)
    for text in args.set_string:
        strvals.parse_set_string(text, values)
    for text in args.set_file:
        strvals.parse_set_file(text, values, lambda path: _read(path).decode("utf-8", "surrogateescape"))
    for text in args.set_literal:
        strvals.parse_set_literal(text, values)
    return values


def _read(path: str) -> bytes:
    from fairlead.engines.helm.errors import ValuesError

    if path.strip() == "-":
        return sys.stdin.buffer.read()
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except OSError as error:
        raise ValuesError(f"open {path}: {(error.strerror or '').lower()}", file=path) from error


def _name_and_chart(args: argparse.Namespace) -> tuple[str, str]:
    """Return the release's name and the chart's path (Helm: NameAndChart)."""
    from fairlead.engines.helm.errors import HelmError

    given = args.args
    if len(given) > 2:
        raise HelmError(f"expected at most two arguments, unexpected arguments: {', '.join(given[2:])}")
    if len(given) == 2:
        if args.generate_name:
            raise HelmError("cannot set --generate-name and also specify a name")
        if args.name_template:
            raise HelmError("cannot set --name-template and also specify a name")
        return given[0], given[1]
    return "release-name", given[0]


_NAME = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z"


def _check_name(name: str) -> None:
    from fairlead.engines.helm.errors import HelmError

    if len(name) > 53 or not re.match(_NAME, name):
        raise HelmError(
            f"release name check failed: release name {quote(name)}: invalid release name, must match regex "
            "^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ "
            "and the length must not be longer than 53"
        )


def _template(args: argparse.Namespace) -> int:
    from fairlead.cli.template_cache import TemplateCache
    from fairlead.engines.helm import dependencies
    from fairlead.engines.helm.capabilities import DEFAULT_KUBE_VERSION, Capabilities, parse_kube_version
    from fairlead.engines.helm.errors import HelmError
    from fairlead.engines.helm.release import Options, Release, render

    try:
        kube_version = parse_kube_version(args.kube_version or DEFAULT_KUBE_VERSION)
    except HelmError as error:
        raise HelmError(f"invalid kube version '{args.kube_version}': {error}") from error
    name, path = _name_and_chart(args)
    sources: list[tuple[str, bytes]] = []
    if not os.path.exists(path):
        raise HelmError(
            f"repo {path.partition('/')[0]} not found"
            if "/" in path
            else f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {path}"
        )
    values = gather_values(args, sources)
    chart = load(path)
    if chart.metadata.type not in ("", "application"):
        raise HelmError(f"{chart.metadata.type} charts are not installable")
    dependencies.check(chart)
    _check_name(name)
    versions = [version for given in args.api_versions for version in given.split(",")]
    cache = TemplateCache(chart)
    done = render(
        chart,
        values,
        Release(name, args.namespace, is_install=not args.is_upgrade, is_upgrade=args.is_upgrade),
        Capabilities(kube_version, versions),
        _world(),
        options=Options(skip_schema_validation=args.skip_schema_validation, cache=cache.sources),
        sources=sources,
    )
    cache.save()
    for warning in (*chart.warnings, *done.warnings):
        print(f"level=WARN msg={quote(warning)}", file=sys.stderr)
    if args.output_dir:
        return _write_files(done, args)
    text = done.to_text(include_crds=args.include_crds, hooks=not args.no_hooks, skip_tests=args.skip_tests)
    if args.show_only:
        text = _only(text, args.show_only)
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    if args.source_map:
        _write_source_map(done, args)
    return 0


def _only(text: str, wanted: list[str]) -> str:
    """Return the documents that come from the templates asked for with --show-only."""
    from fairlead.engines.helm.documents import split_manifests
    from fairlead.engines.helm.errors import HelmError
    from fairlead.engines.helm.helmignore import compile_glob

    documents = split_manifests(text)
    chosen: list[str] = []
    for pattern in (item for given in wanted for item in given.split(",")):
        matcher = compile_glob(pattern)
        found = [
            document
            for document in documents
            if (source := re.search(r"# Source: [^/]+/(.+)", document)) and matcher.fullmatch(source.group(1))
        ]
        if not found:
            raise HelmError(f"could not find template {pattern} in chart")
        chosen += found
    return "".join(f"---\n{document}\n" for document in chosen)


def _write_files(done: Rendered, args: argparse.Namespace) -> int:
    """Write each template's output to its own file below --output-dir."""
    written: set[str] = set()
    items = [(item.name, item.content) for item in done.manifests]
    if args.include_crds:
        items = [*done.crds, *items]
    if not args.no_hooks:
        items += [(hook.path, hook.content) for hook in done.hooks if not (args.skip_tests and "test" in hook.events)]
    for name, content in items:
        path = os.path.join(args.output_dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "ab" if path in written else "wb") as handle:
            handle.write(f"---\n# Source: {name}\n{content}\n".encode("utf-8", "surrogateescape"))
        written.add(path)
        print(f"wrote {path}")
    return 0


def _write_source_map(done: Rendered, args: argparse.Namespace) -> None:
    """Write the origin of each output line as JSON."""
    import json

    from fairlead.engines.helm.sourcemap import output_origins

    lines = [
        {
            "line": number,
            "template": [{"file": step.file, "line": step.line, "name": step.template} for step in origin.steps],
            "values": [{"key": value.key, "file": value.file, "line": value.line} for value in origin.values],
        }
        for number, origin in enumerate(output_origins(done, include_crds=args.include_crds), 1)
        if origin.steps
    ]
    with open(args.source_map, "w", encoding="utf-8") as handle:
        json.dump({"version": 1, "lines": lines}, handle, indent=1)


def _show(args: argparse.Namespace) -> int:
    """Print parts of a chart (Helm: pkg/action/show.go)."""
    from fairlead.base import yaml

    chart = load(args.chart)
    parts: list[str] = []
    everything = args.what == "all"
    if everything or args.what == "chart":
        parts.append(yaml.dump(chart.metadata.for_yaml()) + "\n")
    if everything or args.what == "values":
        for file in chart.raw:
            if file.name == "values.yaml":
                parts.append(("---\n" if everything else "") + file.data.decode("utf-8", "surrogateescape") + "\n")
    if everything or args.what == "readme":
        for file in chart.files:
            if file.name.lower() in ("readme.md", "readme.txt", "readme"):
                parts.append(("---\n" if everything else "") + file.data.decode("utf-8", "surrogateescape") + "\n")
                break
    if everything or args.what == "crds":
        for _, file in chart.crds():
            lead = "" if file.data.startswith(b"---") else "---\n"
            parts.append(lead + file.data.decode("utf-8", "surrogateescape") + "\n")
    sys.stdout.buffer.write("".join(parts).encode("utf-8", "surrogateescape"))
    return 0


def _world() -> Any:
    from datetime import UTC, datetime

    from fairlead.engines.helm.world import World

    return World(now=lambda: datetime.now(UTC), random_bytes=os.urandom, generate_key=_generate_key)


def _generate_key(kind: str, bits: int) -> bytes:
    """Return a new private key as PKCS#8 DER."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa

    key: Any
    if kind == "rsa":
        key = rsa.generate_private_key(65537, bits)
    elif kind == "ecdsa":
        key = ec.generate_private_key(ec.SECP256R1())
    elif kind == "ed25519":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = dsa.generate_private_key(2048)
    der: bytes = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return der


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``fairlead helm`` by itself."""
    parser = argparse.ArgumentParser(prog="fairlead helm")
    configure(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
