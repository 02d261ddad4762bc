"""What Helm does to a release: install, upgrade, roll back, uninstall, test.

Source: Helm v4.3 pkg/action/{install,upgrade,rollback,uninstall,release_testing}.go (steps, states, texts); as
helm-controller v1.6 calls them (internal/action).
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, get_in
from fairlead.controllers.flux.health import CustomCheck
from fairlead.controllers.flux.helm import history as helmhistory
from fairlead.controllers.flux.helm.hooks import HookError, Hooks
from fairlead.controllers.flux.helm.resources import Changed, ResourceError, Resources, UpdateError, identity
from fairlead.controllers.flux.helm.scopes import Scopes
from fairlead.controllers.flux.helm.spec import HelmSpec
from fairlead.controllers.flux.helm.storage import Storage
from fairlead.controllers.flux.helm.wait import Waiter, WaitError
from fairlead.engines.helm import Chart, HelmError, Release, Rendered, merge_maps
from fairlead.engines.helm.manifests import UNINSTALL_ORDER
from fairlead.engines.helm.record import HookRecord, Record, chart_json, go_time
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock

MANAGER = "helm-controller"
_TROUBLE = (ResourceError, WaitError, HookError, HelmError, ApiError)


class ActionError(Exception):
    """An action failed; the text is Helm's. Whether a record was left shows in `Actions.observed`."""


@dataclass(slots=True)
class Outcome:
    """What an action asks the templates for."""

    rendered: Rendered
    manifest: str
    hooks: tuple[HookRecord, ...]


Render = Callable[[Release, Chart, Mapping[str, Any]], Awaitable[Outcome]]


@dataclass(slots=True)
class Actions:
    """Actions on one release. `observed` collects every revision that was written, by number."""

    spec: HelmSpec
    client: Client
    clock: Clock
    storage: Storage
    scopes: Scopes
    on_wait: Callable[[], Awaitable[None]]
    name: str
    namespace: str
    checks: Sequence[CustomCheck] = ()
    observed: dict[int, Record] = field(default_factory=dict)

    @property
    def _resources(self) -> Resources:
        return Resources(self.client, self.scopes, self.name, self.namespace, MANAGER)

    @property
    def _known(self) -> int:
        """The newest revision that the HelmRelease remembers."""
        latest = helmhistory.latest(get_in(self.spec.obj, "status", "history"))
        return int(latest["version"]) if latest is not None else 0

    async def last(self) -> Record | None:
        """The newest revision, or None."""
        return await self.storage.last(self.name, self._known)

    async def _save(self, record: Record) -> None:
        await self.storage.update(record)
        self.observed[record.version] = record

    async def _create(self, record: Record) -> None:
        await self.storage.create(record, keep=self.spec.max_history)
        self.observed[record.version] = record

    def _hooks(self, resources: Resources, action: str) -> Hooks:
        waiter = Waiter(self.client, self.clock, self.on_wait, self.checks)
        return Hooks(resources, waiter, self.clock, self._save, waits=self.spec.waits(action))

    async def _wait(self, action: str, objects: Sequence[Json]) -> None:
        if self.spec.waits(action):
            jobs = not self.spec.action(action).get("disableWaitForJobs")
            await Waiter(self.client, self.clock, self.on_wait, self.checks).ready(
                objects, self.spec.timeout(action), jobs=jobs
            )

    # -- install ------------------------------------------------------------------------------------------------

    async def install(self, chart: Chart, values: Mapping[str, Any], render: Render) -> Record:
        """Install as revision 1 (or the next free one). Raises: ActionError."""
        action, resources = self.spec.action("install"), self._resources
        try:
            version = await self._free_version(replace_=bool(action.get("replace")))
            release = Release(self.name, self.namespace, version)
            outcome = await render(release, chart, values)
            await self._definitions("install", chart, outcome.rendered)
            objects = resources.owned(await resources.build(outcome.manifest, served=True))
        except ResourceError as error:
            raise ActionError(f"unable to build kubernetes objects from release manifest: {error}") from error
        except HelmError as error:
            raise ActionError(str(error)) from error
        try:
            adopted = await resources.existing(objects, take_ownership=not action.get("disableTakeOwnership"))
        except ResourceError as error:
            raise ActionError(f"unable to continue with install: {error}") from error
        if action.get("createNamespace") and self.spec.obj["spec"].get("targetNamespace"):
            await resources.ensure_namespace()
        now = go_time(self.clock.now())
        record = self._record(chart, values, outcome, version, "pending-install", "Initial install underway", now, now)
        await self._create(record)
        try:
            record = await self._perform_install(record, objects, adopted, resources)
        except _TROUBLE as error:
            record = getattr(error, "record", record)
            await self._save(record.with_status("failed", f'Release "{record.name}" failed: {_words(error)}'))
            raise ActionError(_words(error)) from error
        record = record.with_status("deployed", "Install complete")
        await self._save(record)
        return record

    async def _free_version(self, *, replace_: bool) -> int:
        last = await self.last()
        if last is not None and last.status == "uninstalling":  # a process died at it
            await self.uninstall()
            self.observed.clear()
            last = await self.last()
        if last is None:
            return 1
        if replace_ and last.status in ("uninstalled", "failed"):
            await self._save(last.with_status("superseded", last.description))
            return last.version + 1
        raise NameInUseError("cannot reuse a name that is still in use")

    async def _perform_install(
        self, record: Record, objects: Sequence[Json], adopted: Sequence[Json], resources: Resources
    ) -> Record:
        action, hooks = self.spec.action("install"), self._hooks(resources, "install")
        seconds = self.spec.timeout("install")
        if not action.get("disableHooks"):
            record = await self._run_hooks(hooks, record, "pre-install", seconds, "failed pre-install: ")
        if adopted:
            await resources.update(adopted, objects, adopts=True)
        elif objects:
            await resources.create(objects)
        await self._wait("install", objects)
        if not action.get("disableHooks"):
            record = await self._run_hooks(hooks, record, "post-install", seconds, "failed post-install: ")
        return record

    async def _run_hooks(self, hooks: Hooks, record: Record, event: str, seconds: float, prefix: str) -> Record:
        try:
            return await hooks.run(record, event, seconds)
        except HookError as error:
            raise HookError(f"{prefix}{error}", error.record) from error

    def _record(
        self,
        chart: Chart,
        values: Mapping[str, Any],
        outcome: Outcome,
        version: int,
        status: str,
        description: str,
        first: str,
        last: str,
    ) -> Record:
        return Record(
            name=self.name,
            namespace=self.namespace,
            version=version,
            status=status,
            chart=chart_json(chart),
            config=dict(values),
            manifest=outcome.manifest,
            hooks=outcome.hooks,
            description=description,
            notes=outcome.rendered.notes,
            first_deployed=first,
            last_deployed=last,
        )

    async def _definitions(self, action: str, chart: Chart, rendered: Rendered) -> None:
        """Apply the definitions in crds/ as the action's policy says, and wait until they are served."""
        policy = self.spec.action(action).get("crds") or ("Create" if action == "install" else "Skip")
        if policy == "Skip" or not rendered.crds:
            return
        resources = self._resources
        objects: list[Json] = []
        for _, text in rendered.crds:
            objects += await resources.build(text)
        labelled = [_with_origin(obj, self.spec) for obj in objects]
        if policy == "Create":
            labelled = [obj for obj in labelled if await resources.get(obj) is None]
        try:
            await resources.create(labelled)
            await Waiter(self.client, self.clock, self.on_wait, self.checks).ready(labelled, self.spec.timeout(action))
        except (ResourceError, WaitError) as error:
            raise ActionError(f"failed to apply CustomResourceDefinitions: {error}") from error

    # -- upgrade ------------------------------------------------------------------------------------------------

    async def upgrade(self, chart: Chart, values: Mapping[str, Any], render: Render) -> Record:
        """Upgrade to the next revision. Raises: ActionError."""
        resources, history = self._resources, await self.storage.recent(self.name, self._known)
        if not history:
            raise ActionError(f'"{self.name}" has no deployed releases')
        last, current = history[-1], _current(history)
        if last.is_pending:
            raise ActionError("another operation (install/upgrade/rollback) is in progress")
        version = last.version + 1
        release = Release(self.name, current.namespace, version, is_install=False, is_upgrade=True)
        if self.spec.action("upgrade").get("preserveValues"):
            chart, values = preserved(chart, values, current)
        try:
            outcome = await render(release, chart, values)
            await self._definitions("upgrade", chart, outcome.rendered)
            targets = resources.owned(await resources.build(outcome.manifest, served=True))
        except (ResourceError, HelmError) as error:
            raise ActionError(str(error)) from error
        now = go_time(self.clock.now())
        first = current.first_deployed or now
        record = self._record(chart, values, outcome, version, "pending-upgrade", "Preparing upgrade", first, now)
        originals = await self._originals(current, targets, resources, self.spec.action("upgrade"))
        await self._create(replace(record, labels=last.labels))
        await self._perform_upgrade(record, current, originals, targets, resources)
        return self.observed[record.version]

    async def _originals(
        self, current: Record, targets: Sequence[Json], resources: Resources, action: Mapping[str, Any]
    ) -> list[Json]:
        originals = await resources.build(current.manifest)
        known = {identity(obj) for obj in originals}
        new = [target for target in targets if identity(target) not in known]
        try:
            found = await resources.existing(new, take_ownership=not action.get("disableTakeOwnership"))
        except ResourceError as error:
            raise ActionError(f"unable to continue with update: {error}") from error
        return [*originals, *found]

    async def _perform_upgrade(
        self,
        record: Record,
        current: Record,
        originals: Sequence[Json],
        targets: Sequence[Json],
        resources: Resources,
    ) -> None:
        action, hooks = self.spec.action("upgrade"), self._hooks(resources, "upgrade")
        seconds, changed = self.spec.timeout("upgrade"), Changed()
        try:
            if not action.get("disableHooks"):
                record = await self._run_hooks(hooks, record, "pre-upgrade", seconds, "pre-upgrade hooks failed: ")
            changed = await resources.update(originals, targets)
            await self._wait("upgrade", targets)
            if not action.get("disableHooks"):
                record = await self._run_hooks(hooks, record, "post-upgrade", seconds, "post-upgrade hooks failed: ")
        except _TROUBLE as error:
            record = getattr(error, "record", record)
            created = error.changed.created if isinstance(error, UpdateError) else changed.created
            await self._fail_upgrade(record, error, created, resources)
        await self._save(replace(current, status="superseded"))
        await self._save(record.with_status("deployed", "Upgrade complete"))

    async def _fail_upgrade(
        self, record: Record, error: Exception, created: Sequence[Json], resources: Resources
    ) -> None:
        await self._save(record.with_status("failed", f'Upgrade "{record.name}" failed: {_words(error)}'))
        if self.spec.action("upgrade").get("cleanupOnFail") and created:
            try:
                await resources.delete(created)
            except ResourceError as trouble:
                text = "an error occurred while cleaning up resources. original upgrade error: "
                raise ActionError(f"{text}{_words(error)}: unable to cleanup resources: {trouble}") from error
        raise ActionError(_words(error)) from error

    # -- rollback -----------------------------------------------------------------------------------------------

    async def rollback(self, version: int) -> Record:
        """Deploy an earlier revision's objects as a new revision. Raises: ActionError."""
        resources, history = self._resources, await self.storage.history(self.name)
        target = next((record for record in history if record.version == version), None)
        if target is None:
            raise ActionError(f"release has no {version} version")
        current = history[-1]
        record = replace(
            target,
            version=current.version + 1,
            status="pending-rollback",
            description=f"Rollback to {version}",
            first_deployed=current.first_deployed,
            last_deployed=go_time(self.clock.now()),
            rollback_revision=version,
        )
        originals = await resources.build(current.manifest)
        targets = resources.owned(await resources.build(record.manifest))
        await self._create(record)
        try:
            record = await self._perform_rollback(record, originals, targets, resources)
        except _TROUBLE as error:
            record = getattr(error, "record", record)
            prefix = "" if isinstance(error, UpdateError) else f"release {record.name} failed: "
            verb = "Rollback" if isinstance(error, UpdateError) else "Release"
            if isinstance(error, UpdateError):
                await self._save(replace(current, status="superseded"))
            await self._save(record.with_status("failed", f'{verb} "{record.name}" failed: {_words(error)}'))
            raise ActionError(prefix + _words(error)) from error
        for old in history:
            if old.status == "deployed":
                await self._save(replace(old, status="superseded"))
        await self._save(replace(record, status="deployed"))
        return self.observed[record.version]

    async def _perform_rollback(
        self, record: Record, originals: Sequence[Json], targets: Sequence[Json], resources: Resources
    ) -> Record:
        action, hooks = self.spec.action("rollback"), self._hooks(resources, "rollback")
        seconds = self.spec.timeout("rollback")
        if not action.get("disableHooks"):
            record = await self._run_hooks(hooks, record, "pre-rollback", seconds, "")
        try:
            await resources.update(originals, targets, adopts=True)
        except UpdateError as error:
            if action.get("cleanupOnFail") and error.changed.created:
                await resources.delete(error.changed.created)
            raise
        await self._wait("rollback", targets)
        if not action.get("disableHooks"):
            record = await self._run_hooks(hooks, record, "post-rollback", seconds, "")
        return record

    # -- uninstall ----------------------------------------------------------------------------------------------

    async def uninstall(self) -> Record | None:
        """Take the release out; None when it is not there. Raises: ActionError."""
        action, resources = self.spec.action("uninstall"), self._resources
        history = await self.storage.history(self.name)
        if not history:
            return None
        record, keep = history[-1], bool(action.get("keepHistory"))
        if record.status == "uninstalled":
            if keep:
                raise ActionError(f'the release named "{record.name}" is already deleted')
            await self._purge(history)
            return record
        record = replace(
            record,
            status="uninstalling",
            deleted=go_time(self.clock.now()),
            description="Deletion in progress (or silently failed)",
        )
        errors: list[str] = []
        try:
            record = await self._perform_uninstall(record, action, resources, errors)
        except (ResourceError, HookError, ApiError) as error:
            self.observed[record.version] = getattr(error, "record", record)
            raise ActionError(_words(error)) from error
        if keep:
            record = record.with_status("uninstalled", "Uninstallation complete")
            await self._save(record)
            for old in history[:-1]:
                if old.status == "deployed":
                    await self._save(replace(old, status="superseded"))
        else:
            await self._purge(history)
        if errors:
            raise ActionError(f"uninstallation completed with {len(errors)} error(s): {'; '.join(errors)}")
        return record

    async def _perform_uninstall(
        self, record: Record, action: Mapping[str, Any], resources: Resources, errors: list[str]
    ) -> Record:
        hooks, seconds = self._hooks(resources, "uninstall"), self.spec.timeout("uninstall")
        if not action.get("disableHooks"):
            record = await self._run_hooks(hooks, record, "pre-delete", seconds, "")
        await self._save(record)
        objects = await resources.own_only(_in_uninstall_order(await resources.build(record.manifest)))
        going = [obj for obj in objects if not _is_kept(obj)]
        propagation = str(action.get("deletionPropagation") or "background").capitalize()
        await resources.delete(going, propagation=propagation)
        if self.spec.waits("uninstall"):
            try:
                await Waiter(self.client, self.clock, self.on_wait, self.checks).gone(going, seconds)
            except WaitError as error:
                errors.append(str(error))
        if not action.get("disableHooks"):
            try:
                record = await hooks.run(record, "post-delete", seconds)
            except HookError as error:
                record = error.record
                errors.append(str(error))
        return record

    async def _purge(self, history: Sequence[Record]) -> None:
        for record in history:
            await self.storage.delete(record)

    # -- test ---------------------------------------------------------------------------------------------------

    async def test(self, record: Record) -> Record:
        """Run the test hooks that the filters choose. Raises: ActionError."""
        filters = self.spec.action("test").get("filters") or []
        chosen = [hook.name for hook in record.hooks if "test" in hook.events and is_selected(hook.name, filters)]
        hooks = self._hooks(self._resources, "test")
        try:
            record = await hooks.run(record, "test", self.spec.timeout("test"), chosen)
        except HookError as error:
            await self._save(error.record)
            raise ActionError(str(error)) from error
        await self._save(record)
        return record


class NameInUseError(HelmError):
    """Helm refuses before anything is built."""


def preserved(chart: Chart, values: Mapping[str, Any], current: Record) -> tuple[Chart, dict[str, Any]]:
    """*chart* and *values* with what the *current* release was given underneath (`helm upgrade --reuse-values`)."""
    merged = merge_maps(current.config, values)
    older = chart.clone()
    older.values = merge_maps(current.chart.get("values") or {}, current.config)
    return older, merged


def is_selected(name: str, filters: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a test runs under `spec.test.filters`."""
    included = [item for item in filters if not item.get("exclude")]
    if any(item.get("exclude") and item.get("name") == name for item in filters):
        return False
    return not included or any(item.get("name") == name for item in included)


def _words(error: Exception) -> str:
    return error.message if isinstance(error, ApiError) else str(error)


def _current(history: Sequence[Record]) -> Record:
    """What an upgrade starts from: the deployed revision, else the last one."""
    deployed = [record for record in history if record.status == "deployed"]
    return deployed[-1] if deployed else history[-1]


def _is_kept(obj: Json) -> bool:
    policy = (obj.get("metadata", {}).get("annotations") or {}).get("helm.sh/resource-policy", "")
    return str(policy).strip().lower() == "keep"


def _in_uninstall_order(objects: Sequence[Json]) -> list[Json]:
    ranks = {kind: rank for rank, kind in enumerate(UNINSTALL_ORDER)}
    last = len(ranks)
    return sorted(objects, key=lambda obj: (ranks.get(obj["kind"], last), "" if obj["kind"] in ranks else obj["kind"]))


def _with_origin(obj: Json, spec: HelmSpec) -> Json:
    metadata = obj.get("metadata") or {}
    labels = {
        **(metadata.get("labels") or {}),
        "helm.toolkit.fluxcd.io/name": spec.key.name,
        "helm.toolkit.fluxcd.io/namespace": spec.key.namespace,
    }
    return {**obj, "metadata": {**metadata, "labels": labels}}
