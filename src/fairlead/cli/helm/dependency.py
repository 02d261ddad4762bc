"""``fairlead helm dependency``: list, update and build.

Source: Helm v4.3 pkg/action/dependency.go, pkg/cmd/dependency*.go; gosuri/uitable for the table.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from typing import Any

from fairlead.cli.helm import files as helm_files
from fairlead.cli.helm.http import check_certificates
from fairlead.cli.helm.manager import Manager
from fairlead.engines import semver
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.chart import Chart, load_archive
from fairlead.engines.helm.errors import HelmError
from fairlead.engines.helm.metadata import Dependency


def _path(args: Any) -> str:
    return os.path.normpath(args.args[0]) if args.args else "."


def listing(args: Any) -> int:
    """Print what a chart depends on, and what is there of it."""
    return _list(_path(args), args)


def update(args: Any) -> int:
    """Choose versions, fetch them into charts/ and lock them."""
    check_certificates(args)
    Manager(_path(args), args).update()
    return 0


def build(args: Any) -> int:
    """Fetch the locked versions into charts/."""
    check_certificates(args)
    Manager(_path(args), args).build()
    return 0


def _read(path: str) -> bytes:
    with open(path, "rb") as handle:
        return handle.read()


def _list(path: str, args: Any) -> int:
    chart = helm_files.load(path, shown=path)
    wanted = chart.metadata.dependencies
    if wanted is None:
        print(f"WARNING: no dependencies at {os.path.join(path, 'charts')}")
        return 0
    rows = [("NAME", "VERSION", "REPOSITORY", "STATUS")]
    rows += [(item.name, item.version, item.repository, _status(path, item, chart)) for item in wanted]
    print(_table(rows, args.max_col_width))
    print()
    names = {item.name for item in wanted}
    for found in sorted(glob.glob(os.path.join(glob.escape(path), "charts", "*"))):
        if not os.path.isdir(found) and not found.endswith(".tgz"):
            continue
        try:
            sub = helm_files.load(found)
        except HelmError:
            print(f"WARNING: {quote(found)} is not a chart.")
            continue
        if sub.name not in names:
            print(f"WARNING: {quote(found)} is not in Chart.yaml.")
    return 0


def _table(rows: Sequence[Sequence[str]], limit: int) -> str:
    """Return *rows* padded, each cell with a tab behind it; cells longer than *limit* (0: none) are cut."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    if limit:
        widths = [min(width, limit) for width in widths]
    return "\n".join(
        "\t".join(
            cell.ljust(width) if len(cell) <= width else _cut(cell, limit)
            for cell, width in zip(row, widths, strict=True)
        )
        for row in rows
    )


def _cut(cell: str, limit: int) -> str:
    return cell[: limit - 3 if limit > 3 else 1] + "..."


def _status(path: str, entry: Dependency, parent: Chart) -> str:
    pattern = os.path.join(glob.escape(path), "charts", f"{glob.escape(entry.name)}-*.tgz")
    archives = glob.glob(pattern)
    if len(archives) > 1:
        lead = f"{entry.name}-"
        archives = [
            item
            for item in archives
            if semver.is_version(os.path.basename(item).removesuffix(".tgz").removeprefix(lead))
        ]
        if len(archives) > 1:
            return "too many matches"
    if archives:
        try:
            found = load_archive(_read(archives[0]))
        except HelmError:
            return "corrupt"
        if found.name != entry.name:
            return "misnamed"
        return _fits(found, entry) or "ok"
    sub = next((item for item in reversed(parent.dependencies) if item.name == entry.name), None)
    if sub is None:
        return "missing"
    return _fits(sub, entry) or "unpacked"


def _fits(chart: Chart, entry: Dependency) -> str:
    if chart.metadata.version == entry.version:
        return ""
    try:
        fits = semver.parse_constraint(entry.version).check(semver.parse_version(chart.metadata.version))
    except semver.SemverError:
        return "invalid version"
    return "" if fits else "wrong version"


__all__ = ["Manager", "build", "listing", "update"]
