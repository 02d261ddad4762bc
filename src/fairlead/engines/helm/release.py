"""A chart and its values into what Helm would install.

Source: Helm v4.3 pkg/action/install.go, action.go (renderResources),
pkg/cmd/template.go.
"""

from __future__ import annotations

from fairlead.engines.gotemplate.firstrender import AgainError, FirstRender
from fairlead.engines.gotemplate.gotypes import Values
from fairlead.engines.gotemplate.template import Limits, Render
from fairlead.engines.helm import dependencies, engine
from fairlead.engines.helm import values as helm_values
from fairlead.engines.helm.capabilities import Capabilities
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.errors import HelmError, ManifestError, RenderError
from fairlead.engines.helm.functions.strings import SPACE
from fairlead.engines.helm.manifests import Hook, Manifest, sort_manifests
from fairlead.engines.helm.world import Tape, World
from fairlead.engines.record import Record, made
from fairlead.engines.semver import is_compatible_range

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from fairlead.engines.helm.reuse import Outputs
    from fairlead.engines.helm.sourcemap import SourceMap

    PostRenderer = Callable[[str], str]

NOTES = "NOTES.txt"


class Release(Record, frozen=True):
    """What templates see as ``.Release``."""

    name: str = "release-name"
    namespace: str = "default"
    revision: int = 1
    is_install: bool = True
    is_upgrade: bool = False
    service: str = "Helm"

    def for_templates(self) -> dict[str, Any]:
        return {
            "Name": self.name,
            "Namespace": self.namespace,
            "IsUpgrade": self.is_upgrade,
            "IsInstall": self.is_install,
            "Revision": self.revision,
            "Service": self.service,
        }


class Options(Record, frozen=True):
    """How to render."""

    lint: bool = False
    skip_schema_validation: bool = False
    subchart_notes: bool = False
    limits: Limits = made(factory=Limits)
    cache: engine.SourceCache = engine.SHARED
    post_renderer: PostRenderer | None = None  # what all manifests and hooks go through, as one stream
    outputs: Outputs | None = None  # of earlier renders of the same release: templates are run for what has changed


class Rendered(Record):
    """What a chart came to."""

    chart: Chart  # as rendered: without the dependencies that are switched off
    release: Release
    values: dict[str, Any]  # coalesced; not to be changed
    manifests: list[Manifest]
    hooks: list[Hook]
    notes: str
    crds: list[tuple[str, str]]  # ("# Source" path, text)
    files: dict[str, str]  # rendered text by template path, notes excluded
    warnings: list[str]
    replay: Callable[[], SourceMap]
    given: dict[str, Any] = made(factory=dict)  # the values that a user set
    _map: SourceMap | None = None

    @property
    def source_map(self) -> SourceMap:
        """Which template line and values made each line; worked out when first asked for."""
        if self._map is None:
            self._map = self.replay()
        return self._map

    @property
    def hints(self) -> list[str]:
        """Say which of the given values look misspelt."""
        if not self.given:
            return []
        from fairlead.engines.helm.nearest import misspelt

        return misspelt(self.chart, self.given)

    def manifest(self, *, include_crds: bool = False) -> str:
        """Return the manifests as Helm stores them in a release."""
        parts: list[str] = []
        if include_crds:
            parts.extend(f"---\n# Source: {path}\n{text}\n" for path, text in self.crds)
        parts.extend(f"---\n# Source: {item.name}\n{item.content}\n" for item in self.manifests)
        return "".join(parts)

    def to_text(
        self,
        *,
        include_crds: bool = False,
        hooks: bool = True,
        skip_tests: bool = False,
    ) -> str:
        """Return what ``helm template`` prints."""
        parts = [self.manifest(include_crds=include_crds).strip(SPACE) + "\n"]
        if hooks:
            parts.extend(
                f"---\n# Source: {hook.path}\n{hook.content}\n"
                for hook in self.hooks
                if not (skip_tests and "test" in hook.events)
            )
        return "".join(parts)


def render(
    chart: Chart,
    values: Mapping[str, Any],
    release: Release | None = None,
    capabilities: Capabilities | None = None,
    world: World | None = None,
    *,
    options: Options | None = None,
    sources: Sequence[tuple[str, bytes]] = (),
) -> Rendered:
    """Return what *chart* comes to under *values*; neither is changed.

    *sources* are the names and texts of the files that *values* come from, in
    order, for the source map.

    Raises:
        HelmError: a subclass that says what went wrong and where, in Helm's words.
    """
    warnings: list[str] = []
    try:
        return _render(
            chart,
            dict(values),
            release or Release(),
            capabilities or Capabilities(),
            world or World(),
            options or Options(),
            sources,
            warnings,
        )
    except HelmError as error:
        error.warnings = warnings
        raise


def _render(
    chart: Chart,
    user: dict[str, Any],
    release: Release,
    capabilities: Capabilities,
    world: World,
    options: Options,
    sources: Sequence[tuple[str, bytes]],
    warnings: list[str],
) -> Rendered:
    given = dict(user)
    chart = chart.clone()
    try:
        dependencies.process(chart, user, warnings)
    except HelmError as error:
        raise type(error)(f"chart dependencies processing failed: {error}") from error
    merged = helm_values.coalesce(chart, user, warnings)
    if not options.skip_schema_validation:
        _validate(chart, merged, given, sources)
    _check_kube_version(chart, capabilities)
    tape = Tape(world)

    def run(values: dict[str, Any], kind: type[Render], outputs: Outputs | None) -> dict[str, str]:
        top = {"Values": Values(values), "Release": release.for_templates(), "Capabilities": capabilities}
        host = engine.Host(tape.recording(), options.lint, options.cache, tape.answers)
        return engine.run(engine.collect(chart, top), host, options.cache, options.limits, outputs, kind)

    try:
        files = run(merged, FirstRender, options.outputs)
    except AgainError:
        merged = helm_values.coalesce(chart, user, [])  # templates may have changed them
        files = run(merged, Render, None)
    notes = _take_notes(chart, files, options.subchart_notes)
    if options.post_renderer is not None:
        from fairlead.engines.helm.postrender import post_render

        files = post_render(files, options.post_renderer)
    try:
        found = sort_manifests(files)
    except ManifestError as error:
        error.partial = "".join(
            f"---\n# Source: {name}\n{files[name]}\n" for name in sorted(files) if files[name].strip(SPACE)
        )
        raise
    warnings.extend(found.notes)
    crds = [(path, file.data.decode("utf-8", "surrogateescape")) for path, file in chart.crds()]

    def replay() -> SourceMap:
        from fairlead.engines.helm.sourcemap import build

        again = helm_values.coalesce(chart, user, [])
        data = {"Values": Values(again), "Release": release.for_templates(), "Capabilities": capabilities}
        return build(chart, again, data, engine.Host(tape.replaying(), options.lint), sources, given)

    return Rendered(chart, release, merged, found.manifests, found.hooks, notes, crds, files, warnings, replay, given)


def _validate(
    chart: Chart, values: dict[str, Any], given: Mapping[str, Any], sources: Sequence[tuple[str, bytes]]
) -> None:
    if not _has_schema(chart):
        return
    from fairlead.engines.helm.validity import surely_valid

    if surely_valid(chart, values):
        return
    from fairlead.engines.helm.schema import check

    check(chart, values, given, sources)


def _has_schema(chart: Chart) -> bool:
    return chart.schema is not None or any(map(_has_schema, chart.dependencies))


def _check_kube_version(chart: Chart, capabilities: Capabilities) -> None:
    wanted = chart.metadata.kube_version
    version = capabilities.kube_version
    if wanted and not is_compatible_range(wanted, str(version)):
        error = RenderError(
            f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes {version.version}"
        )
        error.file = "Chart.yaml"
        raise error


def _take_notes(chart: Chart, files: dict[str, str], subchart_notes: bool) -> str:
    """Remove the notes from *files* and return the ones to show."""
    shown: list[str] = []
    for name in [name for name in files if name.endswith(NOTES)]:
        text = files.pop(name)
        if subchart_notes or name == f"{chart.name}/templates/{NOTES}":
            shown.append(text)
    return "\n".join(shown)
