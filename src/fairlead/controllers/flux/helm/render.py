"""From a chart's files and a release's values to what Helm would store, with what templates may ask of the cluster.

`lookup` reads a cluster, and rendering is pure: the render runs with what is known, notes what it missed, and runs
again once that was fetched.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy
from fairlead.controllers.flux.artifacts import Tree
from fairlead.controllers.flux.helm.actions import Outcome
from fairlead.controllers.flux.helm.postrender import post_render
from fairlead.controllers.flux.helm.resources import remember_objects
from fairlead.controllers.flux.helm.scopes import Scopes
from fairlead.controllers.flux.helm.spec import HelmSpec
from fairlead.engines.helm import (
    Capabilities,
    Chart,
    HelmError,
    ManifestError,
    Options,
    Release,
    Rendered,
    World,
    load_chart,
    render,
)
from fairlead.engines.helm.functions.encoding import to_floats
from fairlead.engines.helm.record import HookRecord
from fairlead.engines.helm.reuse import Outputs
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.ids import Ids

ROUNDS = 8
_NO_YAML = re.compile(r"YAML parse error on (\S+): error converting YAML to JSON: (.*)", re.DOTALL)
CHARTS = 64
RELEASES = 64

_outputs: OrderedDict[Key, Outputs] = OrderedDict()  # of the releases that were rendered last
_charts: OrderedDict[str, Chart] = OrderedDict()  # by artifact digest


def chart_of(digest: str, tree: Tree) -> Chart:
    """The chart in an artifact's files (one folder, named like the chart). Raises: ChartError."""
    chart = _charts.get(digest)
    if chart is None:
        files = {path.partition("/")[2]: data for path, data in tree.items() if "/" in path}
        chart = _charts[digest] = load_chart(files, ignore=False)
        if len(_charts) > CHARTS:
            _charts.popitem(last=False)
    return chart


def _outputs_of(release: Key) -> Outputs:
    found = _outputs.setdefault(release, Outputs())
    _outputs.move_to_end(release)
    if len(_outputs) > RELEASES:
        _outputs.popitem(last=False)
    return found


class _Lookups:
    """What `lookup` gave, and what it could not give yet."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, str, str], Json] = {}
        self.missed: set[tuple[str, str, str, str]] = set()

    def __call__(self, api_version: str, kind: str, namespace: str, name: str) -> Json:
        key = (api_version, kind, namespace, name)
        if key not in self.known:
            self.missed.add(key)
            return {}
        return copy(self.known[key])  # type: ignore[no-any-return]

    async def fetch(self, client: Client) -> None:
        for key in self.missed:
            self.known[key] = await _look_up(client, *key)
        self.missed.clear()


async def _look_up(client: Client, api_version: str, kind: str, namespace: str, name: str) -> Json:
    gvk = GVK.parse(api_version, kind)
    try:
        if name:
            return await client.get(gvk, name, namespace)
        found = await client.list(gvk, namespace)
    except ApiError as error:
        if error.is_not_found:
            return {}
        raise
    return {
        "apiVersion": api_version,
        "kind": f"{kind}List",
        "items": list(found.items),
        "metadata": {"resourceVersion": found.resource_version},
    }


class Renderer:
    """Renders one release."""

    def __init__(
        self, spec: HelmSpec, chart: Chart, values: Mapping[str, Any], client: Client, scopes: Scopes, *, action: str
    ) -> None:
        self._spec = spec
        self._chart = chart
        self._values = values
        self._client = client
        self._scopes = scopes
        self._action = action

    async def run(self, release: Release, clock: Clock, ids: Ids) -> Outcome:
        """Render for *release*. Raises: HelmError."""
        capabilities = await self._capabilities()
        lookups, now = _Lookups(), clock.now()
        seed = ids.bytes(32)
        try:
            rendered = await self._settled(release, capabilities, lookups, now, seed)
        except ManifestError as error:
            raise self._as_merged(error) from error
        found = post_render(rendered, self._spec.obj["spec"], self._spec.key)
        manifest = "".join(f"---\n# Source: {item.name}\n{item.content}\n" for item in found.manifests)
        remember_objects(manifest, [item.value for item in found.manifests])
        return Outcome(rendered, manifest, tuple(HookRecord.of(hook) for hook in found.hooks))

    def _as_merged(self, error: ManifestError) -> ManifestError:
        """What a document that is not YAML is called where manifests are merged for a post renderer first."""
        found = _NO_YAML.fullmatch(str(error))
        if found is None or self._spec.obj["spec"].get("postRenderStrategy", "combined") != "combined":
            return error
        text = f"error merging manifests: parsing {found[1]}: MalformedYAMLError: {found[2]}"
        return ManifestError(text, file=error.file, line=error.line, partial=error.partial)

    async def _settled(
        self, release: Release, capabilities: Capabilities, lookups: _Lookups, now: datetime, seed: bytes
    ) -> Rendered:
        """The render in which every `lookup` was answered; errors before that may come from a missing answer."""
        for _ in range(ROUNDS):
            try:
                rendered = self._render(release, capabilities, lookups, now, seed)
            except HelmError:
                if not lookups.missed:
                    raise
            else:
                if not lookups.missed:
                    return rendered
            await lookups.fetch(self._client)
        raise HelmError(f"templates ask lookup for something new in each of {ROUNDS} renders")

    def _render(
        self, release: Release, capabilities: Capabilities, lookups: _Lookups, now: datetime, seed: bytes
    ) -> Rendered:
        world = World(now=lambda: now, random_bytes=_stream(seed), lookup=lookups)
        skip = bool(self._spec.action(self._action).get("disableSchemaValidation"))
        values = to_floats(copy(self._values))
        options = Options(skip_schema_validation=skip, outputs=_outputs_of(self._spec.key))
        return render(self._chart, values, release, capabilities, world, options=options)

    async def _capabilities(self) -> Capabilities:
        return Capabilities.of_cluster(await self._scopes.server_version(), await self._scopes.api_versions())


def _stream(seed: bytes) -> Any:
    """Random bytes that follow from *seed*, so that the rounds of one render agree."""
    count = 0

    def take(length: int) -> bytes:
        nonlocal count
        found = b""
        while len(found) < length:
            found += hashlib.sha256(seed + count.to_bytes(8, "big")).digest()
            count += 1
        return found[:length]

    return take
