"""The HelmChart that a HelmRelease makes for itself, and the source that its chart comes from.

Source: helm-controller v1.6 internal/reconcile/helmchart_template.go, internal/controller/helmrelease_controller.go.
"""

from fairlead.api.errors import ApiError
from fairlead.api.flux.kinds import HELM_CHART, SOURCE
from fairlead.base.objects import GVK, Json, Key, annotations, get_in, labels
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.helm.duration import format_duration, parse_duration
from fairlead.controllers.flux.helm.spec import HelmSpec
from fairlead.runtime.client import Client
from fairlead.runtime.conditions import find
from fairlead.runtime.events import Recorder

MANAGER = "helm-controller"
OWNER_NAME, OWNER_NAMESPACE = "helm.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/namespace"
_COPIED = ("chart", "version", "reconcileStrategy", "valuesFiles", "ignoreMissingValuesFiles", "verify")


def chart_object(spec: HelmSpec) -> Json:
    """The HelmChart that *spec*'s template asks for."""
    template = spec.obj["spec"]["chart"]
    wanted, key = template["spec"], spec.chart_key
    interval = parse_duration(wanted.get("interval") or spec.obj["spec"].get("interval") or "")
    body = {name: wanted[name] for name in _COPIED if wanted.get(name) not in (None, [], "")}
    source = {"kind": wanted["sourceRef"]["kind"], "name": wanted["sourceRef"]["name"]}
    marks = template.get("metadata") or {}
    metadata: Json = {
        "name": key.name,
        "namespace": key.namespace,
        "labels": {
            **(marks.get("labels") or {}),
            OWNER_NAME: spec.key.name,
            OWNER_NAMESPACE: spec.key.namespace,
        },
    }
    if marks.get("annotations"):
        metadata["annotations"] = dict(marks["annotations"])
    return {
        "apiVersion": HELM_CHART.api_version,
        "kind": "HelmChart",
        "metadata": metadata,
        "spec": {**body, "sourceRef": source, "interval": format_duration(interval)},
    }


class ChartTemplates:
    """Makes, changes and deletes HelmCharts for HelmReleases."""

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    async def ensure(self, spec: HelmSpec, status: Json) -> None:
        """The HelmChart is as the template says; one that is not wanted any more is gone."""
        wanted = spec.obj["spec"].get("chart")
        name = str(spec.chart_key) if wanted else ""
        if status.get("helmChart") and status["helmChart"] != name:
            await self.delete(spec, status)
        if not wanted:
            return
        desired, key = chart_object(spec), spec.chart_key
        live = await get_or_none(self._client, HELM_CHART, key)
        if live is None or not _matches(live, desired):
            await self._client.apply(desired, field_manager=MANAGER)
            action = "Created" if live is None else "Configured"
            source = desired["spec"]["sourceRef"]
            text = f"{action} HelmChart/{key} with SourceRef '{source['kind']}/{key.namespace}/{source['name']}'"
            await self._recorder.normal(spec.obj, f"HelmChart{action}", text)
        status["helmChart"] = name

    async def delete(self, spec: HelmSpec, status: Json) -> None:
        """The HelmChart named in the status is gone."""
        shown = status.pop("helmChart", "")
        if not shown:
            return
        namespace, _, name = shown.partition("/")
        try:
            await self._client.delete(HELM_CHART, name, namespace)
        except ApiError as error:
            if not error.is_not_found:
                raise
            return
        await self._recorder.normal(spec.obj, "HelmChartDeleted", f"deleted HelmChart '{shown}'")


def _matches(live: Json, desired: Json) -> bool:
    """Whether *live* has all that we set, and no more in its spec but defaults."""
    defaults = {"reconcileStrategy": "ChartVersion", "version": "*"}
    for name in {*live["spec"], *desired["spec"]} - {"suspend"}:
        if live["spec"].get(name, defaults.get(name)) != desired["spec"].get(name, defaults.get(name)):
            return False
    wanted = desired["metadata"]
    return all(labels(live).get(key) == value for key, value in wanted["labels"].items()) and all(
        annotations(live).get(key) == value for key, value in wanted.get("annotations", {}).items()
    )


def source_of(spec: HelmSpec) -> tuple[GVK, Key]:
    """The object whose artifact is the chart."""
    reference = spec.obj["spec"].get("chartRef")
    if not reference:
        return HELM_CHART, spec.chart_key
    namespace = reference.get("namespace") or spec.key.namespace
    return GVK(SOURCE, "v1", reference["kind"]), Key(namespace, reference["name"])


def not_ready(source: Json) -> str:
    """Why *source* cannot be used yet; empty when it can."""
    shown = f"{source['kind']} '{Key.of(source)}' is not ready: "
    conditions = get_in(source, "status", "conditions")
    ready, stalled = find(conditions, "Ready"), find(conditions, "Stalled")
    if source["kind"] != "ExternalArtifact":
        if source["metadata"].get("generation") != get_in(source, "status", "observedGeneration"):
            if ready is not None and ready["status"] == "False":
                return shown + str(ready["message"])
            return f"{shown}latest generation of object has not been reconciled"
        if stalled is not None and stalled["status"] == "True":
            return shown + str(stalled["message"])
    if not get_in(source, "status", "artifact"):
        return f"{shown}does not have an artifact"
    return ""
