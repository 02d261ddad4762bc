"""Helm charts in a kustomization, rendered by our own Helm engine.

Source: kustomize api v0.21.2 internal/builtins/HelmChartInflationGenerator.go. Charts lie in the tree; none is pulled.
"""

from __future__ import annotations

import posixpath

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.files import Files
from fairlead.engines.kustomize.loader import join
from fairlead.engines.kustomize.nodes import copied, from_value, to_value
from fairlead.engines.kustomize.reader import read_one
from fairlead.engines.kustomize.schema import BUILT_IN
from fairlead.engines.kustomize.strategic import strategic_merge

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from fairlead.engines.helm import World

MERGES = ("merge", "override", "replace")
FILE_LIMIT = 20_000


class Inflater:
    """Renders the charts of a build."""

    def __init__(self, world: World | None = None, kube_version: str = "", api_versions: Sequence[str] = ()) -> None:
        """*world* is what templates may use of the machine; the rest is what they see as capabilities."""
        self._world = world
        self._kube_version = kube_version
        self._api_versions = tuple(api_versions)

    def __call__(self, entry: Mapping[str, Any], files: Files) -> bytes:
        """Return the manifests of the chart that *entry* describes. Raises: KustomizeError."""
        from fairlead.engines.helm import (
            Capabilities,
            HelmError,
            Release,
            World,
            load_chart,
            load_values,
            merge_maps,
            parse_kube_version,
            render,
        )
        from fairlead.engines.helm.capabilities import DEFAULT_KUBE_VERSION

        name = _checked(entry)
        folder = _chart_folder(entry, name, files)
        world = self._world or World()
        try:
            chart = load_chart(_chart_files(files, folder))
            values = load_values(_values(entry, folder, files), "values")
            for path in entry.get("additionalValuesFiles") or ():
                values = merge_maps(values, load_values(_additional(path, files), path))
            version = parse_kube_version(entry.get("kubeVersion") or self._kube_version or DEFAULT_KUBE_VERSION)
            release = _release_name(entry, world)
            done = render(
                chart,
                values,
                Release(release, entry.get("namespace") or "default"),
                Capabilities(version, [*(entry.get("apiVersions") or ()), *self._api_versions]),
                world,
            )
        except HelmError as error:
            raise KustomizeError(f"chart '{name}' in '{folder}': {error}") from error
        text = done.to_text(
            include_crds=bool(entry.get("includeCRDs")),
            hooks=not entry.get("skipHooks"),
            skip_tests=bool(entry.get("skipTests")),
        )
        return text.encode("utf-8", "surrogateescape")


def _checked(entry: Mapping[str, Any]) -> str:
    name = str(entry.get("name") or "")
    release = entry.get("releaseName") or ""
    for what, text in (("releaseName", release), ("chart name", name)):
        if text.startswith("-"):
            raise KustomizeError(f"{what} must not start with '-', got \"{text}\"")
    merge = entry.get("valuesMerge") or "override"
    if merge not in MERGES:
        raise KustomizeError(f"valuesMerge must be one of [{' '.join(MERGES)}]")
    if entry.get("nameTemplate") and release:
        raise KustomizeError(f"chart '{name}': cannot set --name-template and also specify a name")
    return name


def _release_name(entry: Mapping[str, Any], world: World) -> str:
    """Return the name of the release; helm's `--generate-name`, which upstream asks for, gives this one."""
    text = str(entry.get("nameTemplate") or "")
    if not text:
        return entry.get("releaseName") or "release-name"
    from fairlead.engines.gotemplate.errors import TemplateError
    from fairlead.engines.gotemplate.template import Render, Source
    from fairlead.engines.helm.engine import Host
    from fairlead.engines.helm.functions.table import FUNCTIONS

    try:
        render = Render(Host(world))
        render.add(Source("name-template", text, FUNCTIONS))
        return render.execute("name-template", None)
    except TemplateError as error:
        raise KustomizeError(f"chart '{entry.get('name')}': nameTemplate: {error}") from error


def _chart_folder(entry: Mapping[str, Any], name: str, files: Files) -> str:
    home = join(files.root, entry.get("chartHome") or "charts")
    if entry.get("version") and entry.get("repo"):
        home = posixpath.join(home, f"{name}-{entry['version']}")
    folder = posixpath.join(home, name)
    if files.loader.is_folder(folder):
        return folder
    if not entry.get("repo"):
        raise KustomizeError(f"no repo specified for pull, no chart found at '{folder}'")
    raise KustomizeError(
        f"no chart found at '{folder}', and charts are not pulled from '{entry['repo']}' here; "
        f"run `helm pull --untar --untardir {home}` and keep it in the tree"
    )


def _chart_files(files: Files, folder: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        for name in files.loader.list(here):
            path = posixpath.join(here, name)
            if files.loader.is_folder(path):
                waiting.append(path)
            else:
                found[posixpath.relpath(path, folder)] = files.loader.read(path)
            if len(found) + len(waiting) > FILE_LIMIT:
                raise KustomizeError(f"the chart '{folder}' has more than {FILE_LIMIT} files")
    return found


def _additional(path: str, files: Files) -> bytes:
    try:
        return files.read(path)
    except KustomizeError as error:
        raise KustomizeError(f"could not load additionalValuesFile: {error}") from error


def _values(entry: Mapping[str, Any], folder: str, files: Files) -> bytes:
    """Return the chart's values with those that stand in the kustomization worked in."""
    path = entry.get("valuesFile") or posixpath.join(folder, "values.yaml")
    inline = entry.get("valuesInline") or {}
    merge = entry.get("valuesMerge") or "override"
    if not inline:
        return files.read(path)
    if merge == "replace":
        return goyaml.dump(inline).encode()
    data = files.read(path)
    document = read_one(data.decode("utf-8", "replace"))
    if document is None:
        raise KustomizeError(f"could not parse values file into rnode: {path}: it is empty")
    ours, theirs = document.node, from_value(inline)
    if merge == "override":
        merged = strategic_merge(ours, theirs, BUILT_IN, prepend=False)
    else:
        merged = strategic_merge(copied(theirs), ours, BUILT_IN, prepend=False)
    return goyaml.dump(to_value(merged or {})).encode()
