"""ClusterClass controller: own the templates of each class, and say which variables it has.

Behaviour: cluster-api v1.14, core/reconcilers/clusterclass (types, reasons, texts).
Differences: docs/compat/clusterapi.md#clusterclass.
"""

from collections.abc import Iterator, Sequence

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, copy, get_in, is_deleting, meta, owner_references
from fairlead.controllers.clusterapi.topology.labels import CLUSTER_CLASS
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    KUBEADM_CONFIG_TEMPLATE,
    get_or_none,
    is_paused,
    pause_message,
    reference_to,
    watch_infrastructure,
    with_owner,
)
from fairlead.engines.clusterclass.variables import definitions_of
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing, write_changes
from fairlead.runtime.outcome import Result, TroubleError

MANAGER = "manager"
VERSIONS_UP_TO_DATE, VARIABLES_READY = "RefVersionsUpToDate", "VariablesReady"
LATEST = "v1beta2"
# Templates whose arrival is noticed at once; others are tried again after a while.
TEMPLATES = (KUBEADM_CONFIG_TEMPLATE, GVK("controlplane.cluster.x-k8s.io", "v1beta2", "KubeadmControlPlaneTemplate"))
INFRASTRUCTURE_TEMPLATES = ("VSphereClusterTemplate", "VSphereMachineTemplate")


class MissingTemplateError(TroubleError):
    """A ClusterClass refers to templates that are not there."""


class ClusterClassController(BaseController):
    """Looks after ClusterClasses and their templates."""

    name = "clusterclass"
    kind = CLUSTER_CLASS

    def __init__(self, *, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def watches(self) -> Sequence[Watch]:
        return (
            *(Watch(gvk, self._of_template) for gvk in TEMPLATES),
            *(w for kind in INFRASTRUCTURE_TEMPLATES for w in watch_infrastructure(kind, self._of_template)),
        )

    async def _of_template(self, template: Json) -> list[Key]:
        """The classes that refer to *template* and do not own it yet."""
        owners = {owner.get("uid") for owner in owner_references(template)}
        key, gvk = Key.of(template), GVK.of(template)
        classes = (await self._client.list(CLUSTER_CLASS, key.namespace)).items
        wanted = (gvk.group, gvk.kind, key.name)
        return [
            Key.of(each)
            for each in classes
            if meta(each)["uid"] not in owners and wanted in {_identity(ref) for ref in references(each)}
        ]

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, CLUSTER_CLASS, key)
        if found is None or is_deleting(found):
            return Result.done()
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(None, found):
                report.set(PAUSED, True, "Paused", pause_message(None, found))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            self._variables(found, draft, report)
            try:
                await self._templates(found)
            except (ApiError, MissingTemplateError) as error:
                text = str(error)
                report.set(VERSIONS_UP_TO_DATE, "Unknown", "InternalError", text)
                report.set_old(VERSIONS_UP_TO_DATE, "Unknown", "InternalError", text)
                raise
            finally:
                report.sort()
            _report_versions(found, report)
            report.sort()
            draft["status"]["observedGeneration"] = meta(found).get("generation", 1)
        return Result.done()

    def _variables(self, found: Json, draft: Json, report: Reporter) -> None:
        draft["status"]["variables"] = copy(definitions_of(found))
        if not draft["status"]["variables"]:
            del draft["status"]["variables"]
        external = _external(found)
        if external:
            text = f"VariableDiscovery failed: {external}"
            report.set(VARIABLES_READY, False, "VariableDiscoveryFailed", text)
            report.set_old("VariablesReconciled", False, "VariableDiscoveryFailed", text, "Error")
            return
        report.set(VARIABLES_READY, True, "VariablesReady")
        report.set_old("VariablesReconciled", True)

    async def _templates(self, found: Json) -> None:
        """Own all templates. Raises: MissingTemplateError for those that are not there."""
        missing = []
        seen = set()
        for reference in references(found):
            if _identity(reference) in seen:
                continue
            seen.add(_identity(reference))
            gvk = GVK.parse(reference["apiVersion"], reference["kind"])
            key = Key(Key.of(found).namespace, reference["name"])
            template = await get_or_none(self._client, gvk, key)
            if template is None:
                missing.append(
                    f"Could not find external object for the ClusterClass. refGroupVersionKind: {gvk.group}/"
                    f"{gvk.version}, Kind={gvk.kind}, refName: {key.name}, refNamespace: {key.namespace}"
                )
                continue
            wanted = {**template, "metadata": {**meta(template)}}
            wanted["metadata"]["ownerReferences"] = with_owner(owner_references(template), reference_to(found))
            await write_changes(self._client, template, wanted, field_manager=MANAGER)
        if missing:
            raise MissingTemplateError("; ".join(missing))


def references(cluster_class: Json) -> Iterator[Json]:
    """All references to templates in *cluster_class*, in upstream's order."""
    spec = cluster_class["spec"]
    plane = spec.get("controlPlane") or {}
    parts = [spec.get("infrastructure"), plane, plane.get("machineInfrastructure")]
    for name in ("machineDeployments", "machinePools"):
        for entry in get_in(spec, "workers", name, default=()):
            parts += [entry.get("bootstrap"), entry.get("infrastructure")]
    for part in parts:
        reference = (part or {}).get("templateRef")
        if reference and reference.get("name"):
            yield reference


def _identity(reference: Json) -> tuple[str, str, str]:
    gvk = GVK.parse(reference["apiVersion"], reference["kind"])
    return gvk.group, gvk.kind, reference["name"]


def _external(cluster_class: Json) -> str:
    """What cannot be done because runtime extensions would have to do it; empty when nothing."""
    for patch in cluster_class["spec"].get("patches") or ():
        extension = get_in(patch, "external", "discoverVariablesExtension")
        if extension:
            return f'patch "{patch["name"]}" asks extension "{extension}", but runtime extensions are not supported'
    return ""


def _report_versions(found: Json, report: Reporter) -> None:
    lines = []
    for reference in {_identity(ref): ref for ref in references(found)}.values():
        gvk = GVK.parse(reference["apiVersion"], reference["kind"])
        if gvk.version != LATEST:
            lines.append(f"* {gvk.kind} {reference['name']}: current: {gvk.version}, latest: {LATEST}")
    if not lines:
        report.set(VERSIONS_UP_TO_DATE, True, "RefVersionsUpToDate")
        report.set_old(VERSIONS_UP_TO_DATE, True)
        return
    text = "\n".join(["The following templateRefs are not using the latest apiVersion:", *lines])
    report.set(VERSIONS_UP_TO_DATE, False, "RefVersionsNotUpToDate", text)
    report.set_old(VERSIONS_UP_TO_DATE, False, "OutdatedRefVersions", text, "Warning")
