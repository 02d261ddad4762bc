"""Write a chart as an archive.

Source: Helm v4.3 pkg/chart/v2/util/save.go. Times come from the caller, so
that packaging repeats; Helm takes them from the files.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable

from fairlead.base import yaml
from fairlead.engines.helm import tarwriter
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import ChartError


def pack(chart: Chart, modified: Callable[[str], float]) -> bytes:
    """Return *chart* as a gzipped tar; *modified* gives the Unix time of a file by its name in the chart.

    Raises:
        ChartError: a schema in it is no JSON.
    """
    entries: list[tuple[str, bytes, int]] = []
    _gather(entries, chart, "", "", modified)
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, packed, 0) as zipped:
        zipped.write(tarwriter.write(entries))
    return packed.getvalue()


def _gather(
    entries: list[tuple[str, bytes, int]], chart: Chart, prefix: str, place: str, modified: Callable[[str], float]
) -> None:
    base = f"{prefix}{chart.name}"

    def put(name: str, data: bytes) -> None:
        entries.append((f"{base}/{name}", data, int(modified(place + name))))

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
        _gather(entries, sub, f"{base}/charts/", sub.source, modified)
