"""``fairlead helm``: template, lint, show, package, pull, dependency.

Flags, output and exit codes are helm's (4.3). This is the one place where
charts and values are read from files, the clock and the system's randomness.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their flags."""
    commands = parser.add_subparsers(dest="helm_command", metavar="COMMAND")
    template = commands.add_parser("template", help="locally render templates", allow_abbrev=False)
    _add_values_flags(template)
    _add_template_flags(template)


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


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    from fairlead.engines.helm.errors import HelmError, ManifestError, RenderError

    try:
        return _template(args)
    except HelmError as error:
        text = f"Error: {error}"
        if isinstance(error, RenderError | ManifestError):
            text += "\n\nUse --debug flag to render out invalid YAML"
        print(text, file=sys.stderr)
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


def gather_values(args: argparse.Namespace) -> dict[str, Any]:
    """Return the values that the flags give."""
    from fairlead.engines.helm import strvals
    from fairlead.engines.helm.chart import load_values, merge_maps
    from fairlead.engines.helm.errors import ChartError, ValuesError

    values: dict[str, Any] = {}
    for given in args.value_files:
        for path in given.split(","):
            try:
                values = merge_maps(values, load_values(_read(path), path))
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


def _template(args: argparse.Namespace) -> int:
    from fairlead.engines.helm.capabilities import Capabilities
    from fairlead.engines.helm.release import Options, Release, render

    name, path = args.args if len(args.args) == 2 else ("release-name", args.args[0])
    values = gather_values(args)
    chart = load(path)
    versions = [version for given in args.api_versions for version in given.split(",")]
    capabilities = Capabilities(args.kube_version or "v1.37.0", versions)
    release = Release(name, args.namespace, is_install=not args.is_upgrade, is_upgrade=args.is_upgrade)
    done = render(
        chart,
        values,
        release,
        capabilities,
        _world(),
        options=Options(skip_schema_validation=args.skip_schema_validation),
    )
    text = done.to_text(include_crds=args.include_crds, hooks=not args.no_hooks, skip_tests=args.skip_tests)
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
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
