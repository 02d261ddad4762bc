"""``fairlead helm lint``, ``show``, ``package`` and ``pull``.

Source: Helm v4.3 pkg/cmd/lint.go, show.go, package.go, pull.go and pkg/action.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from fairlead.cli.helm import gather_values, locate, modified_below
from fairlead.cli.helm_files import all_files, load, log, words
from fairlead.cli.helm_namespace import namespace_of
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.archive import read_archive
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import ChartError, HelmError

# lint


def lint(args: argparse.Namespace) -> int:
    """Print the findings about charts; 1 when one of them fails."""
    from fairlead.cli.helm_template import kube_version
    from fairlead.engines.helm.lint import INFO, WARNING

    version = kube_version(args.kube_version) if args.kube_version else None
    paths = list(args.args)
    if args.with_subcharts:
        for path in args.args:
            paths += _below(os.path.join(path, "charts"))
    values = gather_values(args, [])
    failed = noted = 0
    out: list[str] = []
    for path in paths:
        messages, error = _lint_one(path, values, version, args)
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


def _lint_one(path: str, values: dict[str, Any], version: Any, args: Any) -> tuple[list[Any], Exception | None]:
    from fairlead.cli.helm_template import world
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
    options = Options(os.path.abspath(path), namespace_of(args), version, args.skip_schema_validation, load_it)
    messages = examine(files, values, world(), options)
    for text, message in options.notes:
        log(text, "INFO" if text == "funcMap fail" else "WARN", message=message)
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
    if what == "values" and args.jsonpath:
        raise HelmError("cannot filter with --jsonpath: not supported; pipe 'show values' through a YAML tool")
    chart = locate(args.args[0], args)
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


# package


def package(args: argparse.Namespace) -> int:
    """Write charts as archives."""
    from fairlead.engines import semver
    from fairlead.engines.helm import dependencies
    from fairlead.engines.helm.metadata import validate
    from fairlead.engines.helm.package import pack

    if not args.args:
        raise HelmError("need at least one argument, the path to the chart")
    if args.sign:
        raise HelmError("cannot sign: --sign is not supported; sign the archive with gpg or helm")
    for path in args.args:
        if not os.path.exists(path):
            raise HelmError(f"stat {path}: no such file or directory")
        if args.dependency_update:
            from fairlead.cli.helm_dependency import Manager

            Manager(path, args, quiet=True).update()
        chart = load(path, detect=True)
        if chart.metadata.api_version == "v3":
            raise HelmError("invalid chart apiVersion")  # helm 4.3 reads them, and packs none
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
        os.makedirs(folder, exist_ok=True)
        target = os.path.join(folder, f"{chart.name}-{chart.metadata.version}.tgz")
        try:
            data = pack(chart, modified_below(path))
        except ChartError as error:
            raise HelmError(f"failed to save: {error}") from error
        _write(target, data)
        print(f"Successfully packaged chart and saved it to: {target}")
    return 0


def _write(path: str, data: bytes) -> None:
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "wb") as handle:
        handle.write(data)
    os.replace(temporary, path)


# pull


def pull(args: argparse.Namespace) -> int:
    """Download charts."""
    from fairlead.cli.helm_repositories import download

    for reference in args.args:
        if args.prov:
            raise HelmError("cannot fetch provenance: --prov is not supported; fetch the .prov file beside the chart")
        name, data = download(reference, args)
        if not args.untar:
            if not os.path.isdir(args.destination):
                raise HelmError(f"open {os.path.join(args.destination, name)}: no such file or directory")
            _write(os.path.join(args.destination, name), data)
            continue
        _untar(reference, data, args)
    return 0


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
