"""Helm charts: load, lay values over defaults, render.

The names below are the room's interface; see docs/compat/helm.md.
"""

from fairlead.engines.helm.capabilities import Capabilities, KubeVersion, parse_kube_version
from fairlead.engines.helm.chart import Chart, File, load_archive, load_chart, load_values, merge_maps, read_values
from fairlead.engines.helm.errors import (
    ChartError,
    DependencyError,
    HelmError,
    ManifestError,
    RenderError,
    SchemaError,
    ValuesError,
)
from fairlead.engines.helm.manifests import Hook, Manifest
from fairlead.engines.helm.release import Options, Release, Rendered, render
from fairlead.engines.helm.values import coalesce, merge_values
from fairlead.engines.helm.world import World

__all__ = [
    "Capabilities",
    "Chart",
    "ChartError",
    "DependencyError",
    "File",
    "HelmError",
    "Hook",
    "KubeVersion",
    "Manifest",
    "ManifestError",
    "Options",
    "Release",
    "RenderError",
    "Rendered",
    "SchemaError",
    "ValuesError",
    "World",
    "coalesce",
    "load_archive",
    "load_chart",
    "load_values",
    "merge_maps",
    "merge_values",
    "parse_kube_version",
    "read_values",
    "render",
]
