"""HelmRepository controller: the index of a chart repository, kept as an artifact.

Behaviour: fluxcd/source-controller v1.9, helmrepository_controller.go.
Differences: docs/compat/helmrelease.md#helmrepository.
"""

import asyncio
import base64
import hashlib
from datetime import timedelta

from fairlead.api.flux.kinds import HELM_REPOSITORY, SOURCE
from fairlead.base.objects import GVK, Json, Key, annotations, finalizers, get_in, is_deleting
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.helm.duration import parse_duration
from fairlead.controllers.flux.helm.fetch import Access, Answer, Fetcher, FetchError, WebFetcher
from fairlead.controllers.flux.helm.index import Indexes, NoSuchChartError, parse_index
from fairlead.controllers.flux.helm.pace import Pace
from fairlead.controllers.flux.helm.report import HelmReport
from fairlead.controllers.flux.reporting import FINALIZER, READY, REQUESTED_AT
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, timestamp
from fairlead.runtime.controller import BaseController
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

SECRET = GVK("", "v1", "Secret")
MANAGER = "source-controller"
RETRY = timedelta(seconds=10)
INDEX_LIMIT_BYTES, CHART_LIMIT_BYTES = 50 << 20, 10 << 20
OCI_TEXT = (
    "OCI repositories are not supported yet: charts cannot be read from '{url}'; "
    "use a repository with an index (http or https), or a GitRepository"
)


class SourceError(Exception):
    """The repository cannot be read; `reason` is the condition's."""

    def __init__(self, reason: str, message: str, *, stalled: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.stalled = stalled


class HelmRepositoryController(BaseController):
    """Keeps the index of each HelmRepository up to date."""

    name = "helmrepository"
    kind = HELM_REPOSITORY

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
        self._pace = Pace(clock)
        self._marks: dict[Key, tuple[str, Answer]] = {}  # digest of the index that came with the answer

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, HELM_REPOSITORY, key)
        if found is None:
            self._marks.pop(key, None)
            self._pace.forget(key)
            return Result.done()
        metadata = found["metadata"]
        inputs = (metadata["uid"], metadata.get("generation"), annotations(found).get(REQUESTED_AT))
        left = 0.0 if is_deleting(found) else self._pace.left(key, inputs)
        if left > 0:
            return Result.again(timedelta(seconds=left))
        is_oci = found["spec"].get("type") == "oci"
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = HelmReport(draft, self._clock.now())
            if is_deleting(found):
                await self._delete(found, draft)
                return Result.done()
            if FINALIZER not in finalizers(found):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            if found["spec"].get("suspend"):
                return Result.done()
            try:
                if is_oci:
                    raise SourceError("UnsupportedType", OCI_TEXT.format(url=found["spec"]["url"]), stalled=True)
                await self._update(found, report)
            except SourceError as error:
                await self._fail(found, report, error)
                if error.stalled:
                    return Result.done()
                self._pace.keep(key, inputs, RETRY.total_seconds())
                return Result.again(RETRY)
        seconds = parse_duration(found["spec"].get("interval", "")) or 60
        self._pace.keep(key, inputs, seconds)
        return Result.again(timedelta(seconds=seconds))

    async def _delete(self, found: Json, draft: Json) -> None:
        key = Key.of(found)
        self._marks.pop(key, None)
        self._artifacts.remove("HelmRepository", key.namespace, key.name)
        draft["metadata"]["finalizers"] = [name for name in finalizers(found) if name != FINALIZER]
        if get_in(found, "status", "artifact"):
            text = "garbage collected artifacts for deleted resource"
            await self._recorder.normal(found, "GarbageCollectionSucceeded", text)

    async def _update(self, found: Json, report: HelmReport) -> None:
        url, key = found["spec"]["url"], Key.of(found)
        if url.startswith("oci://"):
            text = "invalid Helm repository URL: 'oci' URL scheme cannot be used with 'default' HelmRepository type"
            raise SourceError("URLInvalid", text, stalled=True)
        known = get_in(found, "status", "artifact", default={})
        held = self._artifacts.tree(known.get("digest", "")) is not None
        digest, before = self._marks.get(key, ("", Answer()))
        marks = before.marks if held and digest == known.get("digest") else ()
        try:
            index_url = f"{url.rstrip('/')}/index.yaml"
            access = await credentials_of(self._client, found, index_url)
            answer = await self._fetcher.get(index_url, access, marks)
        except FetchError as error:
            text = f"failed to fetch Helm repository index: failed to cache index to temporary file: {error}"
            raise SourceError("Failed", text) from error
        revision = known.get("revision", "")
        if not answer.is_unchanged:
            revision = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
            if revision != known.get("revision") or not held:
                await self._store(found, report, answer, revision)
            self._marks[key] = (get_in(report.draft, "status", "artifact", "digest", default=""), answer)
        message = f"stored artifact: revision '{revision}'"
        report.drop("FetchFailed")
        report.set("ArtifactInStorage", True, "Succeeded", message)
        report.succeed("Succeeded", message)

    async def _store(self, found: Json, report: HelmReport, answer: Answer, revision: str) -> None:
        key = Key.of(found)
        try:
            index = await asyncio.get_running_loop().run_in_executor(None, parse_index, answer.body)
        except NoSuchChartError as error:
            text = f"failed to load Helm repository from index YAML: {error}"
            raise SourceError("IndexationFailed", text) from error
        before = get_in(found, "status", "artifact", default={})
        artifact = self._artifacts.put(
            "HelmRepository",
            key.namespace,
            key.name,
            revision,
            {"index.yaml": answer.body},
            self._clock.now(),
            file=f"index-{revision.removeprefix('sha256:')}.yaml",
            data=answer.body,
        )
        self._indexes.keep(artifact.digest, index)
        status = artifact.status(self._artifacts.base_url)
        if before.get("digest") == artifact.digest:
            status["lastUpdateTime"] = before.get("lastUpdateTime") or timestamp(self._clock.now())
        else:
            text = f"stored fetched index of size {_size(artifact.size)} from '{found['spec']['url']}'"
            await self._recorder.normal(
                found,
                "NewArtifact",
                text,
                {f"{SOURCE}/revision": artifact.revision, f"{SOURCE}/digest": artifact.digest},
            )
        report.status["artifact"] = status
        report.status["url"] = f"{self._artifacts.base_url}/helmrepository/{key.namespace}/{key.name}/index.yaml"

    async def _fail(self, found: Json, report: HelmReport, error: SourceError) -> None:
        before = report.get(READY)
        if before is None or before["message"] != str(error):
            await self._recorder.warning(found, error.reason, str(error))
        report.set("FetchFailed", True, error.reason, str(error))
        if error.stalled:
            report.fail(error.reason, str(error), stalled=True)
        else:
            report.retry(error.reason, str(error), "building artifact")


def _size(count: int) -> str:
    """A number of bytes as upstream prints it: `1.234kB`."""
    value = float(count)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.4g}{unit}"
        value /= 1000
    return f"{value:.4g}GB"


async def credentials_of(client: Client, repository: Json, url: str) -> Access:
    """How *url* is to be asked: the repository's secrets go only where the repository itself is.

    Raises: SourceError when a secret is missing.
    """
    spec, namespace = repository["spec"], Key.of(repository).namespace
    own = _host(url) == _host(spec["url"]) or bool(spec.get("passCredentials"))
    login = await _secret(client, namespace, get_in(spec, "secretRef", "name"))
    tls = await _secret(client, namespace, get_in(spec, "certSecretRef", "name"))
    return Access(
        username=login.get("username", b"").decode() if own else "",
        password=login.get("password", b"").decode() if own else "",
        ca=tls.get("ca.crt", b""),
        certificate=tls.get("tls.crt", b""),
        key=tls.get("tls.key", b""),
        insecure=bool(spec.get("insecure")),
        limit_bytes=INDEX_LIMIT_BYTES if url.endswith("/index.yaml") else CHART_LIMIT_BYTES,
        seconds=parse_duration(spec.get("timeout") or "60s"),
    )


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


async def _secret(client: Client, namespace: str, name: str | None) -> dict[str, bytes]:
    if not name:
        return {}
    secret = await get_or_none(client, SECRET, Key(namespace, name))
    if secret is None:
        text = f"failed to get secret '{namespace}/{name}': secrets \"{name}\" not found"
        raise SourceError("AuthenticationFailed", text)
    return {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
