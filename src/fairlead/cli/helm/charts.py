"""``fairlead helm lint``, ``show``, ``package`` and ``pull``.

Source: Helm v4.3 pkg/cmd/lint.go, show.go, package.go, pull.go and pkg/action.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import stat
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from fairlead.cli.helm.files import all_files, load, load_folder, log, words
from fairlead.cli.helm.http import check_certificates
from fairlead.cli.helm.main import check_date, gather_values, locate, modified_below
from fairlead.cli.helm.namespace import namespace_of
from fairlead.cli.helm.repositories import Download
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.archive import read_archive
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import ChartError, HelmError

# lint


def lint(args: argparse.Namespace) -> int:
    """Print the findings about charts; 1 when one of them fails."""
    from fairlead.cli.helm.template import kube_version
    from fairlead.engines.helm.lint import INFO, WARNING

    version = kube_version(args.kube_version) if args.kube_version else None
    paths = list(args.args)
    if args.with_subcharts:
        for path in args.args:
            paths += _below(os.path.join(path, "charts"))
    sources: list[tuple[str, bytes]] = []
    values = gather_values(args, sources)
    failed = noted = 0
    out: list[str] = []
    for path in paths:
        messages, error = _lint_one(path, values, sources, version, args)
        lowest = WARNING if args.strict else WARNING + 1
        bad = error is not None or any(message.severity >= lowest for message in messages)
        failed += bad
        if bad or any(message.severity > INFO for message in messages):
            noted += 1
        elif args.quiet:
            continue
        out.append(f"==> Linting {path}\n")
        if error is not None and not messages:
            out.append(f"Error {error}\n")
        out += [f"{message}\n" for message in messages if not args.quiet or message.severity > INFO]
        out.append("\n")
    sys.stdout.buffer.write("".join(out).encode("utf-8", "surrogateescape"))
    summary = f"{len(paths)} chart(s) linted, {failed} chart(s) failed"
    if failed:
        sys.stdout.flush()
        print(f"Error: {summary}", file=sys.stderr)
        return 1
    if not args.quiet or noted:
        print(summary)
    return 0


def _below(folder: str) -> list[str]:
    """Return the charts below a charts/ folder, as filepath.Walk meets them."""
    found: list[str] = []
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name == "Chart.yaml":
                found.append(root)
            elif name.endswith((".tgz", ".tar.gz")):
                found.append(os.path.join(root, name))
    return found


def _lint_one(
    path: str, values: dict[str, Any], sources: list[tuple[str, bytes]], version: Any, args: Any
) -> tuple[list[Any], Exception | None]:
    from fairlead.cli.helm.template import world
    from fairlead.engines.helm.lint import Options
    from fairlead.engines.helm.lint import lint as examine

    load_it: Callable[[], Chart] | None = None
    try:
        if path.endswith((".tgz", ".tar.gz")):
            with open(path, "rb") as handle:
                files = dict(_expanded(handle.read()))
        else:
            files = all_files(path)
            load_it = partial(load, path)
    except OSError as error:
        return [], HelmError(f"unable to open tarball: open {path}: {words(error)}")
    except HelmError as error:
        return [], HelmError(f"unable to extract tarball: {error}")
    if "Chart.yaml" not in files:
        place = os.path.normpath(os.path.join(path, "Chart.yaml"))
        why = "no such file or directory" if not os.path.isfile(path) else "not a directory"
        return [], HelmError(f"unable to check Chart.yaml file in chart: stat {place}: {why}")
    options = Options(os.path.abspath(path), namespace_of(args), version, args.skip_schema_validation, load_it, sources)
    messages = examine(files, values, world(), options)
    for text, message in options.notes:
        log(text, "INFO" if text == "funcMap fail" else "WARN", message=message)
    for hint in options.hints:
        print(f"hint: {hint}", file=sys.stderr)
    return messages, None


def _expanded(data: bytes) -> list[tuple[str, bytes]]:
    """Return the files of an archive. Raises: HelmError when it cannot be expanded."""
    files = read_archive(data)
    _chart_name(files)
    return files


# show


def show(args: argparse.Namespace) -> int:
    """Print parts of a chart."""
    from fairlead.base import yaml

    what = args.command.partition(" ")[2]
    chart = locate(args.args[0], args)
    if what == "values" and args.jsonpath:
        return _filtered(chart, args.jsonpath)
    parts: list[bytes] = []
    everything = what == "all"
    if everything or what == "chart":
        parts.append(yaml.dump(chart.metadata.for_yaml()).encode("utf-8", "surrogateescape") + b"\n")
    if everything or what == "values":
        for file in chart.raw:
            if file.name == "values.yaml":
                parts.append((b"---\n" if everything else b"") + file.data + b"\n")
    if everything or what == "readme":
        for file in chart.files:
            if file.name.lower() in ("readme.md", "readme.txt", "readme"):
                parts.append((b"---\n" if everything else b"") + file.data + b"\n")
                break
    if everything or what == "crds":
        for _, file in chart.crds():
            parts.append((b"" if file.data.startswith(b"---") else b"---\n") + file.data + b"\n")
    sys.stdout.buffer.write(b"".join(parts))
    return 0


def _filtered(chart: Chart, text: str) -> int:
    """Print what a JSONPath template finds in a chart's values; nothing when a path leads nowhere."""
    from fairlead.engines.jsonpath import JsonPathError, Template

    try:
        template = Template(text)
    except JsonPathError as error:
        raise HelmError(f"error parsing jsonpath {text}: {error}") from error
    with contextlib.suppress(JsonPathError):  # of a path that leads nowhere helm says nothing
        sys.stdout.buffer.write(template.fill(chart.values).encode("utf-8", "surrogateescape"))
    return 0


# package


def package(args: argparse.Namespace) -> int:
    """Write charts as archives."""
    if not args.args:
        raise HelmError("need at least one argument, the path to the chart")
    check_date()
    if args.sign and not args.key:
        raise HelmError("--key is required for signing a package")
    check_certificates(args)
    for path in args.args:
        if not os.path.exists(path):
            raise HelmError(f"stat {path}: no such file or directory")
        if args.dependency_update:
            from fairlead.cli.helm.manager import Manager

            Manager(os.path.abspath(path), args, quiet=True).update()
        print(f"Successfully packaged chart and saved it to: {_package_one(path, args)}")
    return 0


def _package_one(path: str, args: argparse.Namespace) -> str:
    """Write one chart as an archive; return its path."""
    from fairlead.engines import semver
    from fairlead.engines.helm import dependencies
    from fairlead.engines.helm.metadata import validate
    from fairlead.engines.helm.package import pack

    chart = load_folder(path)
    if chart.metadata.api_version == "v3":
        raise HelmError("invalid chart apiVersion")
    if args.version:
        chart.metadata.version = args.version
    if not semver.is_version(chart.metadata.version):
        raise HelmError("invalid semantic version")
    if args.app_version:
        chart.metadata.app_version = args.app_version
    dependencies.check(chart, lead="")
    try:
        validate(chart.metadata)
    except ChartError as error:
        raise HelmError(f"failed to save: chart validation: {error}") from error
    folder = os.getcwd() if args.destination == "." else args.destination
    target = os.path.join(folder, f"{chart.name}-{chart.metadata.version}.tgz")
    try:
        _make_folder(os.path.dirname(target))
        data = pack(chart, modified_below(path))
        _write(target, data)
    except ChartError as error:
        raise HelmError(f"failed to save: {error}") from error
    except OSError as error:
        raise HelmError(f"failed to save: open {target}: {words(error)}") from error
    if args.sign:
        from fairlead.cli.helm.provenance import sign

        sign(target, chart.metadata.for_yaml(), args)
    return target


def _make_folder(path: str) -> None:
    try:
        state = os.stat(path)
    except FileNotFoundError:
        os.makedirs(path, exist_ok=True)
        return
    except OSError as error:
        raise HelmError(f"failed to save: stat {path}: {words(error)}") from error
    if not stat.S_ISDIR(state.st_mode):
        raise HelmError(f"failed to save: is not a directory: {path}")


def _write(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as handle:
        handle.write(data)
    os.replace(temporary, path)


# pull


def pull(args: argparse.Namespace) -> int:
    """Download charts."""
    from fairlead.cli.helm.repositories import resolve

    check_certificates(args)
    for reference in args.args:
        found = resolve(reference, args)
        data = found.chart()
        if args.untar:
            _prove(found, reference, data, None, args)
            _untar(reference, data, args)
            continue
        place = os.path.join(args.destination, found.name)
        try:
            _write(place, data)
        except OSError as error:
            raise HelmError(f"open {place}: {words(error)}") from error
        _prove(found, reference, data, place, args)
    return 0


def _prove(found: Download, reference: str, data: bytes, place: str | None, args: Any) -> None:
    """Fetch a chart's provenance file when the flags ask for it, keep it beside *place*, and verify it."""
    if args.verify:
        from fairlead.cli.helm.provenance import report, verify
        from fairlead.cli.helm.repositories import provenance_of

        proof = provenance_of(found)
        if place is not None:
            _write(f"{place}.prov", proof)
        report(verify(data, proof, found.name, args.keyring))
    elif args.prov:
        try:
            proof = found.provenance()
        except ChartError as error:
            print(f"WARNING: Verification not found for {reference}: {error}")
            return
        if place is not None:
            _write(f"{place}.prov", proof)


def _untar(reference: str, data: bytes, args: Any) -> None:
    folder = args.untardir if os.path.isabs(args.untardir) else os.path.join(args.destination, args.untardir)
    folder = os.path.normpath(folder)
    claimed = os.path.join(folder, reference.rpartition("/")[2])
    if os.path.exists(claimed):
        raise HelmError(
            f"failed to untar: a file or directory with the name {os.path.normpath(claimed)} already exists"
        )
    files = read_archive(data)
    chart_name = _chart_name(files)
    for name, content in files:
        path = os.path.join(folder, chart_name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as handle:
            handle.write(content)


def _chart_name(files: list[tuple[str, bytes]]) -> str:
    from fairlead.engines.helm.metadata import parse_metadata

    for name, content in files:
        if name == "Chart.yaml":
            found = parse_metadata(content, name).name
            if not found:
                break
            if "/" in found or found in (".", ".."):
                raise HelmError(f"chart name {quote(found)} is not allowed")
            return found
    raise HelmError("chart name not specified")
