"""GitRepository controller: follow a reference, keep its tree as an artifact.

Behaviour: fluxcd/source-controller v1.9, gitrepository_controller.go. Differences: docs/compat/flux.md#gitrepository.
"""

import asyncio
import base64
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from fairlead.api.flux.kinds import GIT_REPOSITORY
from fairlead.base.objects import GVK, Json, Key, finalizers, get_in, is_deleting
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.artifacts import ArtifactStore, archive
from fairlead.controllers.flux.draft import Draft, drafting
from fairlead.controllers.flux.git.fetching import Checkout, Fetcher, GitError, GitFetcher, Request
from fairlead.controllers.flux.git.judging import (
    Fetch,
    Finalize,
    Included,
    Inputs,
    Lack,
    Rest,
    Seen,
    Stall,
    Standing,
    decide,
    included_of,
    is_request_open,
    known_commit,
    progress,
    requested_at,
    retry_seconds,
    secrets_of,
)
from fairlead.controllers.flux.git.refs import Reference
from fairlead.controllers.flux.git.sourceignore import without_ignored
from fairlead.controllers.flux.git.transport import Credentials, CredentialsError
from fairlead.controllers.flux.references import References
from fairlead.controllers.flux.reporting import FINALIZER, FluxReport, interval_seconds
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import find, is_false
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result

SECRET = GVK("", "v1", "Secret")
MANAGER = "source-controller"
SILENT_SECONDS = 1.0  # a fetch that takes longer is told of while it runs
PREFIX = "source.toolkit.fluxcd.io"


class GitRepositoryController(BaseController):
    """Keeps the artifact of each GitRepository up to date."""

    name = "gitrepository"
    kind = GIT_REPOSITORY

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
        self._fetcher = fetcher or GitFetcher()
        self._references = References()
        self._standings: dict[Key, Standing] = {}

    def watches(self) -> Sequence[Watch]:
        return (Watch(SECRET, self._woken_by_secret), Watch(GIT_REPOSITORY, self._woken_by_include))

    def _woken_by_secret(self, obj: Json) -> Iterable[Key]:
        return self._references.concerned(("Secret", Key.of(obj)), obj["metadata"].get("resourceVersion"))

    def _woken_by_include(self, obj: Json) -> Iterable[Key]:
        artifact = get_in(obj, "status", "artifact", "digest", default="")
        return self._references.concerned(("GitRepository", Key.of(obj)), artifact)

    async def reconcile(self, key: Key) -> Result:
        repo = await get_or_none(self._client, GIT_REPOSITORY, key)
        if repo is None:
            self._forget(key)
            return Result.done()
        try:
            async with drafting(self._client, repo, MANAGER) as draft:
                if FINALIZER not in finalizers(repo) and not is_deleting(repo):
                    draft.value["metadata"].setdefault("finalizers", []).append(FINALIZER)
                    await draft.flush()
                return await self._act(await self._observe(key, repo), draft)
        except Exception:
            self._standings.pop(key, None)  # what was done may not be in the status: the next pass does it again
            raise

    def _forget(self, key: Key) -> None:
        self._references.record(key, ())
        self._standings.pop(key, None)

    async def _observe(self, key: Key, repo: Json) -> Seen:
        secrets, included = secrets_of(repo), included_of(repo)
        self._references.record(
            key, [*(("Secret", secret) for secret in secrets), *(("GitRepository", other) for other in included)]
        )
        standing, now = self._standings.get(key), self._clock.monotonic()
        if is_deleting(repo) or get_in(repo, "spec", "suspend"):
            return Seen(repo, now, standing=standing)
        versions, missing = [], ""
        for secret in secrets:
            found = await get_or_none(self._client, SECRET, secret)
            versions.append(get_in(found, "metadata", "resourceVersion", default=""))
            if found is None and not missing:
                text = f"failed to get secret '{secret}'"
                missing = f'{text}: {text}: secrets "{secret.name}" not found'
        entries = tuple([await self._included(other) for other in included])
        inputs = Inputs(
            generation=repo["metadata"].get("generation", 1),
            requested=requested_at(repo),
            secrets=tuple(versions),
            included=tuple((entry.artifact or {}).get("digest", "") for entry in entries),
        )
        held = self._artifacts.tree(get_in(repo, "status", "artifact", "digest", default="")) is not None
        return Seen(repo, now, inputs, standing, entries, missing, held)

    async def _included(self, key: Key) -> Included:
        other = await get_or_none(self._client, GIT_REPOSITORY, key)
        if other is None:
            text = f'gitrepositories.{PREFIX} "{key.name}" not found'
            return Included(None, "NotFound", f"could not get resource for include '{key.name}': {text}")
        artifact = get_in(other, "status", "artifact")
        if not artifact or self._artifacts.tree(artifact["digest"]) is None:
            return Included(None, "NoArtifact", f"no artifact available for include '{key.name}'")
        return Included(artifact)

    async def _act(self, seen: Seen, draft: Draft) -> Result:
        key, report = Key.of(seen.repo), FluxReport(draft.value, self._clock.now())
        match decide(seen):
            case Finalize():
                await self._finalize(key, seen.repo, draft)
                return Result.done()
            case Rest(after):
                if seen.repo["spec"].get("suspend"):
                    report.handled()
                return Result(after)
            case Stall(reason, message):
                self._remember(key, seen, float("inf"))
                await self._tell(seen.repo, reason, message)
                report.set("FetchFailed", True, reason, message)
                report.fail(reason, message, stalled=True)
                return Result.done()
            case Lack(condition, reason, message, after):
                return await self._fail(seen, report, condition, reason, message, after)
            case Fetch(known):
                return await self._fetch(seen, draft, report, known)

    async def _finalize(self, key: Key, repo: Json, draft: Draft) -> None:
        if self._artifacts.remove("GitRepository", key.namespace, key.name):
            text = "garbage collected artifacts for deleted resource"
            await self._recorder.normal(repo, "GarbageCollectionSucceeded", text)
        draft.value["metadata"]["finalizers"] = [name for name in finalizers(repo) if name != FINALIZER]
        self._forget(key)

    def _remember(self, key: Key, seen: Seen, after: float, failures: int = 0) -> None:
        assert seen.inputs is not None  # observed unless it is deleted or suspended
        self._standings[key] = Standing(seen.inputs, self._clock.monotonic() + after, failures)

    async def _fetch(self, seen: Seen, draft: Draft, report: FluxReport, known: str) -> Result:
        key = Key.of(seen.repo)
        try:
            checkout, data, tree = await self._brought(seen, draft, report, known)
        except GitError as error:
            text = str(error)
            if error.reason == "GitOperationFailed":
                text = f"failed to checkout and determine revision: {text}"
            return await self._fail(seen, report, "FetchFailed", error.reason, text)
        report.drop("FetchFailed", "IncludeUnavailable", "ArtifactOutdated")
        status = report.status
        if tree is not None:
            artifact = self._artifacts.put(
                "GitRepository", key.namespace, key.name, checkout.revision, tree, self._clock.now(), data
            )
            before = status.get("artifact") or {}
            if (before.get("digest"), before.get("revision")) != (artifact.digest, artifact.revision):
                status["artifact"] = artifact.status(self._artifacts.base_url)
            self._note_config(seen, status)
        await self._succeed(seen, report, checkout)
        after = interval_seconds(seen.repo["spec"]["interval"], 60)
        self._remember(key, seen, after)
        return Result.again(timedelta(seconds=after))

    async def _brought(
        self, seen: Seen, draft: Draft, report: FluxReport, known: str
    ) -> tuple[Checkout, bytes | None, Mapping[str, bytes] | None]:
        """Fetch, leave out, include and pack, off the event loop. Raises: GitError."""
        request = await self._request(seen, known)
        spec = seen.repo["spec"]
        others = [self._artifacts.tree((entry.artifact or {}).get("digest", "")) or {} for entry in seen.included]

        def work() -> tuple[Checkout, bytes | None, Mapping[str, bytes] | None]:
            checkout = self._fetcher.fetch(request)
            if checkout.files is None:
                return checkout, None, None
            files = _with_included(checkout.files, spec.get("include") or (), others)
            tree = without_ignored(files, spec.get("ignore"))
            return checkout, archive(tree), tree

        running = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(None, work))
        done, _ = await asyncio.wait({running}, timeout=SILENT_SECONDS)
        if not done:
            report.begin(progress(seen.repo), progress(seen.repo))
            await draft.flush()
        return await running

    async def _request(self, seen: Seen, known: str) -> Request:
        spec = seen.repo["spec"]
        data = [await self._data(secret) for secret in secrets_of(seen.repo)]
        own = data[0] if spec.get("secretRef") and data else {}
        proxy = data[-1] if spec.get("proxySecretRef") and data else None
        try:
            credentials = Credentials.of(spec["url"], own, proxy)
        except CredentialsError as error:
            raise GitError(f"failed to configure authentication options: {error}", "AuthenticationFailed") from error
        return Request(
            url=spec["url"],
            reference=Reference.of(spec),
            credentials=credentials,
            timeout_seconds=interval_seconds(spec.get("timeout", ""), 60),
            folders=tuple(spec.get("sparseCheckout") or ()),
            submodules=bool(spec.get("recurseSubmodules")),
            known=known,
            has_artifact=bool(known_commit(seen.repo)),
        )

    async def _data(self, key: Key) -> dict[str, str]:
        secret = await get_or_none(self._client, SECRET, key)
        entries = (secret or {}).get("data") or {}
        return {name: base64.b64decode(value).decode(errors="replace") for name, value in entries.items()}

    def _note_config(self, seen: Seen, status: Json) -> None:
        """Record what the artifact was made with."""
        spec = seen.repo["spec"]
        for field, observed in (
            ("ignore", "observedIgnore"),
            ("include", "observedInclude"),
            ("sparseCheckout", "observedSparseCheckout"),
            ("recurseSubmodules", "observedRecurseSubmodules"),
        ):
            if spec.get(field):
                status[observed] = spec[field]
            else:
                status.pop(observed, None)
        if seen.included:
            status["includedArtifacts"] = [dict(entry.artifact or {}) for entry in seen.included]
        else:
            status.pop("includedArtifacts", None)

    async def _succeed(self, seen: Seen, report: FluxReport, checkout: Checkout) -> None:
        message = f"stored artifact for revision '{checkout.revision}'"
        report.set("ArtifactInStorage", True, "Succeeded", message)
        report.succeed("Succeeded", message)
        before, now = get_in(seen.repo, "status", "artifact", default={}), report.status["artifact"]
        had_failed = is_false(get_in(seen.repo, "status", "conditions"), "Ready")
        is_new = before.get("digest") != now["digest"]
        if not is_new and not had_failed:
            if is_request_open(seen.repo):
                text = f"no changes since last reconciliation: observed revision '{checkout.revision}'"
                await self._recorder.normal(seen.repo, "GitOperationSucceeded", text)
            return
        marks = {f"{PREFIX}/revision": now["revision"], f"{PREFIX}/digest": now["digest"]}
        told = checkout.subject if checkout.files is not None else checkout.revision
        reason = "NewArtifact" if is_new else "Succeeded"
        await self._recorder.normal(seen.repo, reason, f"stored artifact for commit '{told}'", marks)

    async def _fail(
        self,
        seen: Seen,
        report: FluxReport,
        condition: str,
        reason: str,
        message: str,
        after: timedelta | None = None,
    ) -> Result:
        key = Key.of(seen.repo)
        failures = seen.standing.failures if seen.standing is not None and seen.standing.inputs == seen.inputs else 0
        interval = interval_seconds(seen.repo["spec"]["interval"], 60)
        delay = after.total_seconds() if after is not None else retry_seconds(failures, interval)
        self._remember(key, seen, delay, failures + 1)
        await self._tell(seen.repo, reason, message)
        report.set(condition, True, reason, message)
        report.retry(reason, message, progress(seen.repo))
        return Result.again(timedelta(seconds=delay))

    async def _tell(self, repo: Json, reason: str, message: str) -> None:
        """An event for a failure that was not told yet."""
        before = find(get_in(repo, "status", "conditions"), "Ready")
        if before is None or before["message"] != message:
            await self._recorder.warning(repo, reason, message)


def _with_included(
    files: Mapping[str, bytes], includes: Sequence[Mapping[str, object]], trees: Sequence[Mapping[str, bytes]]
) -> Mapping[str, bytes]:
    """*files* and, below `toPath`, what lies below `fromPath` in the trees of included repositories."""
    if not includes:
        return files
    both = dict(files)
    for entry, tree in zip(includes, trees, strict=True):
        repository = entry["repository"]
        name = repository["name"] if isinstance(repository, dict) else ""
        start = posixpath.normpath(str(entry.get("fromPath") or ".")).lstrip("/")
        target = posixpath.normpath("/" + str(entry.get("toPath") or name)).lstrip("/")
        for path, data in tree.items():
            if start in (".", ""):
                both[posixpath.join(target, path)] = data
            elif path.startswith(f"{start}/"):
                both[posixpath.join(target, path[len(start) + 1 :])] = data
    return both
