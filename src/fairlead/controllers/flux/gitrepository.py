"""GitRepository controller: follow a reference, keep its tree as an artifact.

Behaviour: fluxcd/source-controller v1.9, gitrepository_controller.go. Differences: docs/compat/flux.md#gitrepository.
"""

import asyncio
import base64
from datetime import timedelta

from fairlead.api.flux.kinds import GIT_REPOSITORY
from fairlead.base.objects import GVK, Json, Key, finalizers, get_in, is_deleting
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.controllers.flux.git import Checkout, Credentials, GitError, Reference, fetch, resolve, without_ignored
from fairlead.controllers.flux.reporting import FINALIZER, FluxReport, interval_seconds
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result, WaitingError

SECRET = GVK("", "v1", "Secret")
MANAGER = "source-controller"
RETRY = timedelta(seconds=10)


class GitRepositoryController(BaseController):
    """Keeps the artifact of each GitRepository up to date."""

    name = "gitrepository"
    kind = GIT_REPOSITORY

    def __init__(self, *, client: Client, clock: Clock, artifacts: ArtifactStore, recorder: Recorder) -> None:
        self._client = client
        self._clock = clock
        self._artifacts = artifacts
        self._recorder = recorder

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, GIT_REPOSITORY, key)
        if found is None:
            return Result.done()
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = FluxReport(draft, self._clock.now())
            if is_deleting(found):
                draft["metadata"]["finalizers"] = [name for name in finalizers(found) if name != FINALIZER]
                return Result.done()
            if FINALIZER not in finalizers(found):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            if get_in(found, "spec", "suspend"):
                return Result.done()
            try:
                await self._update(found, draft, report)
            except GitError as error:
                await self._fail(found, report, error)
                raise WaitingError(str(error), RETRY) from error
        return Result.again(timedelta(seconds=interval_seconds(found["spec"]["interval"], 60)))

    async def _update(self, found: Json, draft: Json, report: FluxReport) -> None:
        spec = found["spec"]
        credentials = await self._credentials(found)
        reference = Reference.of(spec)
        seconds = interval_seconds(spec.get("timeout", ""), 60)
        loop = asyncio.get_running_loop()
        known = get_in(found, "status", "artifact", default={})
        same_spec = get_in(found, "status", "observedGeneration") == found["metadata"].get("generation")
        revision, _ = await loop.run_in_executor(None, resolve, spec["url"], reference, credentials, seconds)
        if (
            known.get("revision") == revision
            and same_spec
            and self._artifacts.tree(known.get("digest", "")) is not None
        ):
            report.drop("FetchFailed")
            report.succeed("Succeeded", f"stored artifact for revision '{revision}'")
            return
        checkout: Checkout = await loop.run_in_executor(None, fetch, spec["url"], reference, credentials, seconds)
        tree = without_ignored(checkout.files, spec.get("ignore"))
        key = Key.of(found)
        artifact = self._artifacts.put(
            "GitRepository", key.namespace, key.name, checkout.revision, tree, self._clock.now()
        )
        message = f"stored artifact for revision '{checkout.revision}'"
        report.drop("FetchFailed")
        report.set("ArtifactInStorage", True, "Succeeded", message)
        report.succeed("Succeeded", message)
        if known.get("digest") != artifact.digest or known.get("revision") != artifact.revision:
            draft["status"]["artifact"] = artifact.status(self._artifacts.base_url)
            await self._recorder.normal(
                found,
                "NewArtifact",
                f"stored artifact for commit '{checkout.subject}'",
                {
                    "source.toolkit.fluxcd.io/revision": artifact.revision,
                    "source.toolkit.fluxcd.io/digest": artifact.digest,
                },
            )

    async def _fail(self, found: Json, report: FluxReport, error: GitError) -> None:
        before = report.get("Ready")
        if before is None or before["message"] != str(error):
            await self._recorder.warning(found, error.reason, str(error))
        report.set("FetchFailed", True, error.reason, str(error))
        report.fail(error.reason, str(error))

    async def _credentials(self, found: Json) -> Credentials:
        name = get_in(found, "spec", "secretRef", "name")
        if not name:
            return Credentials()
        namespace = Key.of(found).namespace
        secret = await get_or_none(self._client, SECRET, Key(namespace, name))
        if secret is None:
            text = f"failed to get secret '{namespace}/{name}': secrets \"{name}\" not found"
            raise GitError(text, "AuthenticationFailed")
        data = {k: base64.b64decode(v).decode(errors="replace") for k, v in (secret.get("data") or {}).items()}
        return Credentials(data.get("username", ""), data.get("password", ""), data.get("bearerToken", ""))
