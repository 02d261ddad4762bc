"""HelmChart controller: a chart out of a repository, kept as an artifact.

Behaviour: fluxcd/source-controller v1.9, helmchart_controller.go. Differences: docs/compat/helmrelease.md#helmchart.

A chart whose files did not change keeps its artifact and its version, whatever else a commit changed in the
repository: only what changed costs anything.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fairlead.api.flux.kinds import GIT_REPOSITORY, HELM_CHART, HELM_REPOSITORY, SOURCE
from fairlead.base.objects import GVK, Json, Key, finalizers, get_in, is_deleting
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.artifacts import ArtifactStore, Tree, archive
from fairlead.controllers.flux.helm.duration import parse_duration
from fairlead.controllers.flux.helm.fetch import Fetcher, FetchError, WebFetcher
from fairlead.controllers.flux.helm.helmrepository import SourceError, credentials_of
from fairlead.controllers.flux.helm.index import Indexes, NoSuchChartError, chart_url
from fairlead.controllers.flux.helm.missing import MissingArtifacts
from fairlead.controllers.flux.helm.package import (
    BuildError,
    Built,
    Found,
    effective_values_files,
    find_chart,
    package,
    read_package,
    with_metadata,
)
from fairlead.controllers.flux.helm.report import HelmReport
from fairlead.controllers.flux.helm.uses import Uses
from fairlead.controllers.flux.reporting import FINALIZER, READY
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, timestamp
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result, WaitingError

MANAGER = "source-controller"
BUCKET = GVK(SOURCE, "v1", "Bucket")
KINDS = {"GitRepository": GIT_REPOSITORY, "HelmRepository": HELM_REPOSITORY, "Bucket": BUCKET}
RETRY = timedelta(seconds=10)
PACKED = 256
_COMMIT = re.compile(r"(?:.*[@:/])?(?:sha1:|sha256:)?([0-9a-f]{12})[0-9a-f]*\Z")


@dataclass(frozen=True, slots=True)
class _Packed:
    """A chart and its archive; shared by all HelmCharts that come to the same."""

    built: Built
    data: bytes


class HelmChartController(BaseController):
    """Keeps the artifact of each HelmChart up to date."""

    name = "helmchart"
    kind = HELM_CHART

    def __init__(
        self,
        *,
        client: Client,
        clock: Clock,
        artifacts: ArtifactStore,
        recorder: Recorder,
        fetcher: Fetcher | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._artifacts = artifacts
        self._recorder = recorder
        self._fetcher = fetcher or WebFetcher()
        self._indexes = Indexes.of(artifacts)
        self._uses = Uses()
        self._found: OrderedDict[tuple[str, str], Found] = OrderedDict()
        self._packed: OrderedDict[tuple[object, ...], _Packed] = OrderedDict()
        self._seen: dict[Key, str] = {}  # the source revision that was looked at last
        self._missing = MissingArtifacts(artifacts, clock)

    def watches(self) -> Sequence[Watch]:
        return [Watch(kind, self._uses.concerned) for kind in KINDS.values()]

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._missing.arrivals(),)

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, HELM_CHART, key)
        if found is None:
            self._uses.forget(key)
            self._seen.pop(key, None)
            return Result.done()
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = HelmReport(draft, self._clock.now())
            if is_deleting(found):
                await self._delete(found, draft)
                return Result.done()
            source = (KINDS[found["spec"]["sourceRef"]["kind"]], Key(key.namespace, found["spec"]["sourceRef"]["name"]))
            self._uses.note(key, (source,))
            if FINALIZER not in finalizers(found):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            if found["spec"].get("suspend"):
                return Result.done()
            try:
                await self._update(found, report)
            except SourceError as error:
                await self._fail(found, report, "FetchFailed", error.reason, str(error))
                return Result.again(RETRY)
            except BuildError as error:
                report.put("observedSourceArtifactRevision", self._seen.get(key))
                await self._fail(found, report, error.condition, error.reason, str(error), stalled=error.is_persistent)
                if not error.is_persistent:
                    return Result.again(RETRY)
        return Result.again(timedelta(seconds=parse_duration(found["spec"].get("interval", "")) or 60))

    async def _delete(self, found: Json, draft: Json) -> None:
        key = Key.of(found)
        self._uses.forget(key)
        self._artifacts.remove("HelmChart", key.namespace, key.name)
        draft["metadata"]["finalizers"] = [name for name in finalizers(found) if name != FINALIZER]
        if get_in(found, "status", "artifact"):
            text = "garbage collected artifacts for deleted resource"
            await self._recorder.normal(found, "GarbageCollectionSucceeded", text)

    async def _update(self, found: Json, report: HelmReport) -> None:
        kind, name = found["spec"]["sourceRef"]["kind"], found["spec"]["sourceRef"]["name"]
        key = Key(Key.of(found).namespace, name)
        source = await get_or_none(self._client, KINDS[kind], key)
        if source is None:
            text = f'failed to get source: {kind}.{SOURCE} "{name}" not found'
            raise SourceError("SourceUnavailable", text)
        if found["spec"].get("verify"):
            provider = found["spec"]["verify"].get("provider", "")
            text = f"signatures of '{provider}' cannot be checked; take spec.verify out to use the chart unchecked"
            raise BuildError("ChartVerificationError", text)
        artifact = get_in(source, "status", "artifact")
        self._seen[Key.of(found)] = get_in(source, "status", "artifact", "revision", default="")
        if not artifact:
            raise SourceError("NoSourceArtifact", f"no artifact available for {kind} source '{name}'")
        before = get_in(found, "status", "observedSourceArtifactRevision", default="")
        fresh = found["metadata"].get("generation") == get_in(found, "status", "observedGeneration")
        if kind == "HelmRepository":
            packed = await self._from_repository(found, source, fresh=fresh)
        else:
            packed = self._from_tree(found, artifact, fresh=fresh)
        if packed is None:  # the artifact is what it should be
            current = found["status"]["artifact"]
            if before != artifact["revision"] and self._has_changed(found, artifact):
                report.status["observedSourceArtifactRevision"] = artifact["revision"]
                text = f"artifact up-to-date with remote revision: '{current['revision']}'"
                await self._recorder.normal(found, "ArtifactUpToDate", text)
            self._succeed(found, report, None, current["revision"])
            return
        report.status["observedSourceArtifactRevision"] = artifact["revision"]
        await self._store(found, report, packed)

    def _has_changed(self, found: Json, artifact: Json) -> bool:
        """Whether the source's chart is other than the artifact, though its version is the same."""
        if found["spec"]["sourceRef"]["kind"] == "HelmRepository":
            return bool(artifact["revision"] != get_in(found, "status", "observedSourceArtifactRevision"))
        tree = self._artifacts.tree(artifact["digest"])
        held = self._artifacts.tree(get_in(found, "status", "artifact", "digest", default=""))
        if tree is None or held is None:
            return False
        chart = self._find(artifact["digest"], tree, found["spec"]["chart"])
        inner = {path.partition("/")[2]: data for path, data in held.items()}
        skipped = {"Chart.yaml"} | ({"values.yaml"} if found["spec"].get("valuesFiles") else set())
        before = {path: data for path, data in inner.items() if path not in skipped}
        return before != {path: data for path, data in chart.files.items() if path not in skipped}

    def _wait(self, digest: str, key: Key) -> None:
        """Wait silently for a source's artifact, unless that was done long enough. Raises: WaitingError."""
        left = self._missing.wait(digest, key)
        if left > 0:
            raise WaitingError(f"artifact {digest} is not held yet", timedelta(seconds=left))

    def _find(self, digest: str, tree: Tree, path: str) -> Found:
        known = self._found.get((digest, path))
        if known is None:
            known = self._found[digest, path] = find_chart(tree, path)
            if len(self._found) > PACKED:
                self._found.popitem(last=False)
        return known

    # -- from Git -----------------------------------------------------------------------------------------------

    def _from_tree(self, found: Json, artifact: Json, *, fresh: bool) -> _Packed | None:
        """The chart of a repository's tree, or None when the present artifact is good."""
        spec, digest = found["spec"], artifact["digest"]
        tree = self._artifacts.tree(digest)
        if tree is None:
            self._wait(digest, Key.of(found))
            kind, name = spec["sourceRef"]["kind"], spec["sourceRef"]["name"]
            raise SourceError("NoSourceArtifact", f"no artifact available for {kind} source '{name}'")
        chart = self._find(digest, tree, spec["chart"])
        wanted = effective_values_files(spec.get("valuesFiles") or ())
        metadata = _version_metadata(found, artifact["revision"], wanted=bool(wanted))
        version = chart.chart.metadata.version
        current = get_in(found, "status", "artifact")
        if fresh and current and self._artifacts.tree(current["digest"]) is not None:
            name = get_in(found, "status", "observedChartName")
            if (name, current["revision"]) == (
                chart.chart.metadata.name,
                with_metadata(version, metadata) if metadata else version,
            ):
                return None
        if current and spec.get("reconcileStrategy") == "Revision":
            again = self._as_before(found, chart, current, digest, tree)
            if again is not None:
                if self._artifacts.tree(current["digest"]) is not None and fresh:
                    return None
                return again
        return self._pack(found, chart, metadata, digest, tree)

    def _as_before(self, found: Json, chart: Found, current: Json, digest: str, tree: Tree) -> _Packed | None:
        """The chart under the version that it has, when that gives the very artifact that there is."""
        base, plus, metadata = current["revision"].partition("+")
        if not plus or base != with_metadata(chart.chart.metadata.version, "x").partition("+")[0]:
            return None
        wanted = effective_values_files(found["spec"].get("valuesFiles") or ())
        if wanted and metadata.rpartition(".")[2] != str(found["metadata"].get("generation")):
            return None
        packed = self._pack(found, chart, metadata, digest, tree)
        return packed if _digest(packed.data) == current["digest"] else None

    def _pack(self, found: Json, chart: Found, metadata: str, digest: str, tree: Tree) -> _Packed:
        spec = found["spec"]
        files = tuple(spec.get("valuesFiles") or ())
        ignore = bool(spec.get("ignoreMissingValuesFiles"))
        key = (digest, spec["chart"], metadata, files, ignore)
        known = self._packed.get(key)
        if known is None:
            built = package(chart, metadata=metadata, values_files=files, ignore_missing=ignore, base=tree)
            known = self._packed[key] = _Packed(built, archive(built.tree))
            if len(self._packed) > PACKED:
                self._packed.popitem(last=False)
        return known

    # -- from a Helm repository -----------------------------------------------------------------------------------

    async def _from_repository(self, found: Json, source: Json, *, fresh: bool) -> _Packed | None:
        spec, digest = found["spec"], source["status"]["artifact"]["digest"]
        index = self._indexes.get(digest)
        if index is None:
            self._wait(digest, Key.of(found))
            raise SourceError(
                "NoSourceArtifact", f"no artifact available for HelmRepository source '{spec['sourceRef']['name']}'"
            )
        try:
            entry = index.choose(spec["chart"], spec.get("version") or "")
        except NoSuchChartError as error:
            text = f"failed to get chart version for remote reference: {error}"
            raise BuildError("InvalidChartReference", text) from error
        wanted = effective_values_files(spec.get("valuesFiles") or ())
        metadata = str(found["metadata"].get("generation", 1)) if wanted else ""
        version = with_metadata(entry.version, metadata) if metadata else entry.version
        current = get_in(found, "status", "artifact")
        if fresh and current and self._artifacts.tree(current["digest"]) is not None:
            present = (get_in(found, "status", "observedChartName"), current["revision"])
            if present == (entry.name, version):
                return None
        data = await self._download(source, entry.url)
        if entry.digest and _digest(data).removeprefix("sha256:") != entry.digest.removeprefix("sha256:"):
            text = f"failed to download chart for remote reference: digest of {entry.url} is not the index's"
            raise BuildError("ChartPullError", text)
        chart = read_package(data)
        built = package(
            chart,
            metadata=metadata,
            values_files=wanted,
            ignore_missing=bool(spec.get("ignoreMissingValuesFiles")),
            base=None,
        )
        return _Packed(built, archive(built.tree) if built.packaged else data)

    async def _download(self, source: Json, relative: str) -> bytes:
        url = chart_url(source["spec"]["url"], relative)
        try:
            access = await credentials_of(self._client, source, url)
            answer = await self._fetcher.get(url, access)
        except FetchError as error:
            if error.is_refused:
                text = f"failed to authenticate with the Helm repository: {error}"
                raise SourceError("AuthenticationFailed", text) from error
            text = f"failed to download chart for remote reference: {error}"
            raise BuildError("ChartPullError", text) from error
        return answer.body

    # -- what became of it ----------------------------------------------------------------------------------------

    async def _store(self, found: Json, report: HelmReport, packed: _Packed) -> None:
        built, key = packed.built, Key.of(found)
        before = get_in(found, "status", "artifact", default={})
        artifact = self._artifacts.put(
            "HelmChart",
            key.namespace,
            key.name,
            built.version,
            built.tree,
            self._clock.now(),
            file=f"{built.name}-{built.version}.tgz",
            data=packed.data,
        )
        status = artifact.status(self._artifacts.base_url)
        if (before.get("digest"), before.get("revision")) == (artifact.digest, artifact.revision):
            status["lastUpdateTime"] = before.get("lastUpdateTime") or timestamp(self._clock.now())
        else:
            await self._recorder.normal(
                found,
                built.reason,
                built.summary,
                {f"{SOURCE}/revision": artifact.revision, f"{SOURCE}/digest": artifact.digest},
            )
        report.status["artifact"] = status
        report.status["observedChartName"] = built.name
        report.status["url"] = f"{self._artifacts.base_url}/helmchart/{key.namespace}/{key.name}/latest.tar.gz"
        if found["spec"].get("ignoreMissingValuesFiles"):
            report.put("observedValuesFiles", list(built.values_files))
        else:
            report.put("observedValuesFiles", None)
        self._succeed(found, report, built, built.version)

    def _succeed(self, found: Json, report: HelmReport, built: Built | None, version: str) -> None:
        report.drop("FetchFailed", "BuildFailed")
        known = report.get("ArtifactInStorage")
        if built is not None:
            reason, message = built.reason, built.summary
        elif known is not None:
            reason, message = known["reason"], known["message"]
        else:
            name = get_in(found, "status", "observedChartName", default="")
            reason, message = "ChartPackageSucceeded", f"packaged '{name}' chart with version '{version}'"
        if built is not None or known is None:
            report.set("ArtifactInStorage", True, reason, message)
        report.succeed(reason, message)

    async def _fail(
        self, found: Json, report: HelmReport, condition: str, reason: str, message: str, *, stalled: bool = False
    ) -> None:
        before = report.get(READY)
        if reason != "NoSourceArtifact" and (before is None or before["message"] != message):
            await self._recorder.warning(found, reason, message)
        report.set(condition, True, reason, message)
        if stalled:
            report.fail(reason, message, stalled=True)
        else:
            report.retry(reason, message, "building artifact")


def _version_metadata(found: Json, revision: str, *, wanted: bool) -> str:
    """What is put after the chart's version: the commit, and the generation where values files are merged."""
    parts = []
    if found["spec"].get("reconcileStrategy") == "Revision":
        commit = _COMMIT.match(revision)
        parts.append(commit.group(1) if commit else revision[:12])
    if wanted:
        parts.append(str(found["metadata"].get("generation", 1)))
    return ".".join(parts)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
