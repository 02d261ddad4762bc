"""``fairlead helm template``.

Source: Helm v4.3 pkg/cmd/template.go, pkg/action/install.go. This is where
the clock and the system's randomness meet the engine.
"""

from __future__ import annotations

import gc
import os
import sys

from fairlead.base.patterns import late
from fairlead.cli.helm.main import find, gather_values, locate
from fairlead.cli.helm.namespace import namespace_of
from fairlead.engines.gotemplate.strconv import quote

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import argparse
    from datetime import datetime
    from typing import Any

    from fairlead.engines.helm.release import Rendered


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
    if args.name_template:
        return _template_name(args.name_template), given[0]
    return "release-name", given[0]


def _template_name(text: str) -> str:
    """Return the name that --name-template gives."""
    from fairlead.engines.gotemplate.errors import TemplateError
    from fairlead.engines.gotemplate.template import Render, Source
    from fairlead.engines.helm.engine import Host
    from fairlead.engines.helm.errors import HelmError
    from fairlead.engines.helm.functions.table import FUNCTIONS

    try:
        render = Render(Host(world()))
        render.add(Source("name-template", text, FUNCTIONS))
        return render.execute("name-template", None)
    except TemplateError as error:
        raise HelmError(str(error)) from error


_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def _is_name(text: str) -> bool:
    """Report whether *text* is made as a DNS subdomain is."""
    parts = text.split(".")
    return all(
        part and part[0] in _LETTERS and part[-1] in _LETTERS and not part.strip(f"-{_LETTERS}") for part in parts
    )


def _check_name(name: str) -> None:
    from fairlead.engines.helm.errors import HelmError

    if 0 < len(name) <= 53 and _is_name(name):
        return
    problem = f"release name {quote(name)}: " + (
        "invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ "
        "and the length must not be longer than 53"
        if name
        else "no name provided"
    )
    print(f'level=ERROR msg="release name check failed" error={quote(problem)}', file=sys.stderr)
    raise HelmError(f"release name check failed: {problem}")


def kube_version(text: str) -> Any:
    """Return the version that --kube-version gives.

    Raises:
        HelmError: in Helm's words.
    """
    from fairlead.engines.helm.capabilities import parse_kube_version
    from fairlead.engines.helm.errors import HelmError

    try:
        return parse_kube_version(text)
    except HelmError as error:
        raise HelmError(f"invalid kube version '{text}': {error}") from error


def run(args: argparse.Namespace) -> int:
    """Render a chart and print what it comes to."""
    collecting = gc.isenabled()
    gc.disable()  # there is hardly anything to collect before the end
    try:
        return _run(args)
    finally:
        if collecting:
            gc.enable()


def _run(args: argparse.Namespace) -> int:
    from fairlead.engines.helm.errors import ManifestError, RenderError

    args.namespace = namespace_of(args)
    server = _server(args)
    try:
        return _render(args, server)
    except (ManifestError, RenderError) as error:
        if args.debug:
            _print_partial(error, args)
        raise
    finally:
        if server:
            server.close()


def _render(args: argparse.Namespace, server: Any) -> int:
    from fairlead.cli.template_cache import TemplateCache
    from fairlead.engines.helm import dependencies
    from fairlead.engines.helm.capabilities import DEFAULT_KUBE_VERSION, Capabilities
    from fairlead.engines.helm.errors import HelmError
    from fairlead.engines.helm.release import Options, Release, render

    if args.source_map:
        from fairlead.cli.helm.sourcemap import check

        check(args)
    post_renderer = None
    if args.post_renderer:
        from fairlead.cli.helm.plugins import find_post_renderer

        post_renderer = find_post_renderer(args.post_renderer, args.post_renderer_args)
    version = kube_version(args.kube_version or DEFAULT_KUBE_VERSION)
    name, reference = _name_and_chart(args)
    sources: list[tuple[str, bytes]] = []
    load = find(reference, args, detect=True)
    values = gather_values(args, sources)
    cache = TemplateCache(reference, args.version)
    chart = load()
    if chart.metadata.type not in ("", "application"):
        raise HelmError(f"{chart.metadata.type} charts are not installable")
    if chart.metadata.deprecated:
        print('level=WARN msg="this chart is deprecated"', file=sys.stderr)
    if args.dependency_update and dependencies.missing(chart) and os.path.isdir(reference):
        from fairlead.cli.helm.manager import Manager

        Manager(reference, args).update()
        chart = locate(reference, args)
    dependencies.check(chart)
    if chart.metadata.api_version == "v3":
        raise HelmError("invalid chart apiVersion")  # helm 4.3 reads them, and goes no further
    _check_name(name)
    try:
        done = render(
            chart,
            values,
            Release(name, args.namespace, is_install=not args.is_upgrade, is_upgrade=args.is_upgrade),
            server.capabilities() if server else Capabilities(version, args.api_versions),
            world(server),
            options=Options(
                skip_schema_validation=args.skip_schema_validation, cache=cache.sources, post_renderer=post_renderer
            ),
            sources=sources,
        )
    except HelmError as error:
        _tell(error.warnings)
        lead, mark, detail = str(error).partition("chart dependencies processing failed: ")
        if mark and not lead:
            print(f'level=ERROR msg="{mark[:-2]}" error={quote(detail)}', file=sys.stderr)
        raise
    finally:
        cache.save()
    _tell(done.warnings)
    for hint in done.hints:
        print(f"hint: {hint}", file=sys.stderr)
    if server:
        server.check(done.manifests, args.namespace, name)
    if args.output_dir:
        _write_files(done, args, name)
        text = "\n"
    else:
        text = done.to_text(
            include_crds=args.include_crds,
            hooks=not args.no_hooks,
            skip_tests=args.skip_tests,
        )
    _print(text, args)
    if args.source_map:
        from fairlead.cli.helm.sourcemap import write

        write(done, args, text, _chosen(text, args.show_only) if args.show_only else None)
    return 0


def _print(text: str, args: argparse.Namespace) -> None:
    """Print manifests, or those that --show-only asks for."""
    if args.show_only:
        text = "".join(f"---\n{document}\n" for document in _chosen(text, args.show_only))
    sys.stdout.flush()  # what was said before
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))


def _print_partial(error: Exception, args: argparse.Namespace) -> None:
    """Print what there is of a release that failed, for --debug."""
    from fairlead.engines.helm.errors import HelmError

    try:
        _print(str(getattr(error, "partial", "")).strip() + "\n", args)
    except HelmError:
        return  # nothing of what --show-only asks for is there


_WITH_FIELDS = late(
    r"(returned non-bool value|ImportValues missing table from chart|ImportValues missing table|skipping unknown hooks)"
    r" (\w+=.*)"
)


def _tell(warnings: list[str]) -> None:
    """Print what was noticed as Helm logs it."""
    for text in warnings:
        found = _WITH_FIELDS.match(text)
        if found is None:
            print(f"level=INFO msg={quote(text)}", file=sys.stderr)
        else:
            level = "INFO" if "hookTypes" in text else "WARN"
            print(f"level={level} msg={quote(found[1])} {found[2]}", file=sys.stderr)


def _server(args: argparse.Namespace) -> Any:
    """Return the API to render against; None for --dry-run=client."""
    from fairlead.engines.helm.errors import HelmError

    wanted = "server" if args.validate else args.dry_run
    if wanted == "unset":
        print(
            "level=WARN msg=\"--dry-run is deprecated and should be replaced with '--dry-run=client'\"",
            file=sys.stderr,
        )
        return None
    if wanted == "server":
        from fairlead.cli.helm.server import Server

        return Server(args)
    if wanted != "client":
        if wanted not in ("1", "t", "T", "true", "TRUE", "True"):
            known = wanted in ("none", "0", "f", "F", "false", "FALSE", "False")
            must = '"server" or "client"' if known else '"none", "server", or "client"'
            raise HelmError(f"invalid dry-run value ({quote(wanted)}). Must be {must}")
        print(
            f"level=WARN msg=\"boolean '--dry-run={wanted}' flag is deprecated and must be replaced with "
            "'--dry-run=client'\"",
            file=sys.stderr,
        )
    return None


def _chosen(text: str, wanted: list[str]) -> list[str]:
    """Return the documents that come from the templates asked for with --show-only."""
    import re

    from fairlead.engines.helm.documents import split_manifests
    from fairlead.engines.helm.errors import HelmError
    from fairlead.engines.helm.helmignore import compile_glob

    documents = split_manifests(text)
    chosen: list[str] = []
    for pattern in wanted:
        try:
            matcher = compile_glob(pattern)
        except ValueError:
            matcher = None
        found = [
            document
            for document in documents
            if matcher
            and (source := re.search(r"# Source: [^/]+/(.+)", document))
            and matcher.fullmatch(source.group(1))
        ]
        if not found:
            raise HelmError(f"could not find template {pattern} in chart")
        chosen += found
    return chosen


def _write_files(done: Rendered, args: argparse.Namespace, name: str) -> None:
    """Write each template's output to its own file below --output-dir."""
    from fairlead.cli.helm.files import words
    from fairlead.engines.helm.errors import RenderError

    written: set[str] = set()
    folder = os.path.join(args.output_dir, name) if args.release_name else args.output_dir

    def put(folder: str, name: str, content: str) -> None:
        path = f"{folder}/{name}"
        try:
            _make_folder(os.path.dirname(path))
            with open(path, "ab" if path in written else "wb") as handle:
                handle.write(f"---\n# Source: {name}\n{content}\n".encode("utf-8", "surrogateescape"))
        except OSError as error:
            sys.stdout.flush()
            raise RenderError(f"open {path}: {words(error)}") from error
        written.add(path)
        print(f"wrote {path}")

    if args.include_crds:
        for path, content in done.crds:
            put(args.output_dir, path, content)
    for item in done.manifests:
        put(folder, item.name, item.content)
    for hook in () if args.no_hooks else done.hooks:
        if args.skip_tests and "test" in hook.events:
            continue
        if os.path.exists(f"{folder}/{hook.path}"):
            written.add(f"{folder}/{hook.path}")  # Helm appends to what an earlier run left, too
        put(folder, hook.path, hook.content)


def _make_folder(path: str) -> None:
    """Make a folder and those above it.

    Raises:
        RenderError: in Go's words.
    """
    from fairlead.cli.helm.files import words
    from fairlead.engines.helm.errors import RenderError

    try:
        os.stat(path)
        return
    except FileNotFoundError:
        pass
    except OSError as error:
        raise RenderError(f"stat {path}: {words(error)}") from error
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise RenderError(f"mkdir {error.filename or path}: {words(error)}") from error


def world(server: Any = None) -> Any:
    """Return what templates may use of the machine; *server* answers lookup."""
    from fairlead.engines.helm.world import World

    made = World(now=_now, random_bytes=os.urandom, generate_key=_generate_key)
    if server:
        made.lookup = server.lookup
    return made


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


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
