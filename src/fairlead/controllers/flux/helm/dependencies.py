"""Whether what a HelmRelease depends on is ready.

Source: helm-controller v1.6 helmrelease_controller.go (checkDependencies, evalReadyExpr).
"""

from fairlead.api.flux.kinds import HELM_RELEASE
from fairlead.base.objects import Json, Key, get_in
from fairlead.controllers.contract import get_or_none
from fairlead.controllers.flux.cycles import with_cycle
from fairlead.controllers.flux.helm.spec import HelmSpec
from fairlead.engines.cel import CelError, CelSyntaxError, compile_expression
from fairlead.runtime.client import Client
from fairlead.runtime.conditions import is_true


async def unready_dependency(client: Client, spec: HelmSpec) -> str:
    """The first dependency that is not ready, as the condition says it; empty when all are."""
    for item in get_in(spec.obj, "spec", "dependsOn", default=[]):
        key = Key(item.get("namespace") or spec.key.namespace, item["name"])
        found = await get_or_none(client, HELM_RELEASE, key)
        reason = judge(spec.obj, item, key, found)
        if reason:
            return await with_cycle(client, HELM_RELEASE, spec.obj, reason)
    return ""


def judge(obj: Json, item: Json, key: Key, found: Json | None) -> str:
    """Why the dependency *found* holds *obj* up; empty when it does not. Pure."""
    if found is None:
        return f"unable to get '{key}' dependency: helmreleases.helm.toolkit.fluxcd.io \"{key.name}\" not found"
    expression = item.get("readyExpr")
    if expression:
        try:
            ready = compile_expression(expression).evaluate({"self": obj, "dep": found})
        except (CelError, CelSyntaxError) as error:
            return f"failed to evaluate dependency {key.name}: {error}"
        return "" if ready is True else f"dependency '{key}' is not ready according to readyExpr eval"
    fresh = found["metadata"].get("generation") == get_in(found, "status", "observedGeneration")
    if not fresh or not is_true(get_in(found, "status", "conditions"), "Ready"):
        return f"dependency '{key}' is not ready"
    return ""
