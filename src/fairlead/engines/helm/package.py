"""Write a chart as an archive.

Source: Helm v4.3 pkg/chart/v2/util/save.go. Times come from the caller, so
that packaging repeats; Helm takes them from the files.
"""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable

from fairlead.base import yaml
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import ChartError


def pack(chart: Chart, modified: Callable[[str], float]) -> bytes:
    """Return *chart* as a gzipped tar; *modified* gives the Unix time of a file by its name in the chart.

    Raises:
        ChartError: a schema in it is no JSON.
    """
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        _write(archive, chart, "", "", modified)
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, packed, modified("Chart.yaml")) as zipped:
        zipped.write(plain.getvalue())
    return packed.getvalue()


def _write(archive: tarfile.TarFile, chart: Chart, prefix: str, place: str, modified: Callable[[str], float]) -> None:
    base = f"{prefix}{chart.name}"

    def put(name: str, data: bytes) -> None:
        entry = tarfile.TarInfo(f"{base}/{name}")
        entry.size = len(data)
        entry.mode = 0o644
        entry.mtime = int(modified(place + name))
        archive.addfile(entry, io.BytesIO(data))

    head = chart.metadata.for_yaml()
    if chart.metadata.api_version == "v1":
        head.pop("dependencies", None)
    put("Chart.yaml", yaml.dump(head).encode("utf-8", "surrogateescape"))
    if chart.metadata.api_version == "v2" and chart.lock is not None:
        put("Chart.lock", yaml.dump(chart.lock).encode())
    for file in chart.raw:
        if file.name == "values.yaml":
            put(file.name, file.data)
    if chart.schema is not None:
        try:
            json.loads(chart.schema)
        except ValueError:
            raise ChartError("invalid JSON in values.schema.json", file="values.schema.json") from None
        put("values.schema.json", chart.schema)
    for file in (*chart.templates, *chart.files):
        put(file.name, file.data)
    for sub in chart.dependencies:
        _write(archive, sub, f"{base}/charts/", sub.source, modified)
