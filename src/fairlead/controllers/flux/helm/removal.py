"""Taking a release out of its cluster: its HelmRelease is deleted, or became another release.

Source: helm-controller v1.6 internal/reconcile/uninstall.go, internal/controller/helmrelease_controller.go.
"""

from datetime import timedelta

from fairlead.base.objects import Json
from fairlead.controllers.flux.helm import history as helmhistory
from fairlead.controllers.flux.helm.actions import ActionError, Actions
from fairlead.controllers.flux.helm.cluster import Clusters, NoClientError
from fairlead.controllers.flux.helm.history import full_name, versioned_chart
from fairlead.controllers.flux.helm.passes import Pass
from fairlead.controllers.flux.helm.report import RELEASED
from fairlead.controllers.flux.helm.steps import meta_of
from fairlead.controllers.flux.reporting import READY
from fairlead.runtime.client import Client
from fairlead.runtime.outcome import Result

UNREACHABLE_RETRY = timedelta(seconds=10)


async def remove(current: Pass, clusters: Clusters) -> Result | None:
    """Uninstall the release of a HelmRelease that is being deleted; None when nothing is left to do."""
    report = current.report
    if not report.status.get("storageNamespace"):
        return None
    try:
        target = await clusters.client_for(current)
    except NoClientError as error:
        if error.is_gone:  # without its kubeconfig the cluster is gone for us, and the release with it
            return None
        text = f"failed to build REST client getter to uninstall release: {error}"
        report.set(READY, False, "UninstallFailed", text)
        await clusters.targets.expect(current.stored)
        return Result.again(UNREACHABLE_RETRY)
    trouble = await uninstall(current, clusters, target)
    if trouble is not None:
        return Result.again(timedelta(seconds=min(2.0 ** min(report.status.get("failures", 1), 10), 300.0)))
    report.status.pop("history", None)
    report.status.pop("storageNamespace", None)
    return None


async def uninstall(current: Pass, clusters: Clusters, target: Client) -> ActionError | None:
    """Take the release out; says how in the conditions."""
    spec, report = current.spec, current.report
    actions = clusters.actions(current, target, report.status["storageNamespace"])
    latest = helmhistory.latest(report.status.get("history")) or await _interrupted(actions)
    if latest is None:
        return None
    actions.name, actions.namespace = latest["name"], latest["namespace"]
    name = f"release {full_name(latest)} with chart {versioned_chart(latest)}"
    try:
        record = await actions.uninstall()
    except ActionError as error:
        if spec.action("uninstall").get("keepHistory") and "is already deleted" in str(error):
            _say(current, f"Release {full_name(latest)} was already uninstalled")
            return None
        text = f"Helm uninstall failed for {name}: {str(error).strip()}"
        report.status["failures"] = int(report.status.get("failures", 0)) + 1
        report.set(RELEASED, False, "UninstallFailed", text)
        await current.recorder.warning(current.stored, "UninstallFailed", text, meta_of(latest))
        report.summarize(current.draft["spec"])
        return error
    if record is None:
        _say(current, f"Release {full_name(latest)} was not found, assuming it is uninstalled")
        return None
    report.status.pop("inventory", None)
    text = f"Helm uninstall succeeded for {name}"
    _say(current, text)
    await current.recorder.normal(current.stored, "UninstallSucceeded", text, meta_of(latest))
    return None


def _say(current: Pass, text: str) -> None:
    current.report.set(RELEASED, False, "UninstallSucceeded", text)
    current.report.summarize(current.draft["spec"])


async def _interrupted(actions: Actions) -> Json | None:
    """The release of an installation that was under way when its HelmRelease was deleted."""
    last = await actions.storage.last(actions.name)
    return helmhistory.snapshot(last) if last is not None and last.is_pending else None
