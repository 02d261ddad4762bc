"""Hooks and tests of releases, in virtual time."""

from fairlead.base.objects import GVK
from fairlead.controllers.flux.helm.values import CONFIG_MAP
from tests.unit.flux_helm.fleet import CHART, NAMESPACE, Fleet, simulate
from tests.unit.flux_helm.test_releases import is_gone

JOB = (
    "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\n  annotations:\n    helm.sh/hook: {event}\n"
    "    helm.sh/hook-weight: '{weight}'\n    helm.sh/hook-delete-policy: {policy}\nspec:\n  template:\n    spec:\n"
    "      restartPolicy: Never\n      containers: [{{name: a, image: b}}]\n"
)
JOBS = GVK("batch", "v1", "Job")


async def complete(fleet: Fleet, name: str, *, fails: bool = False) -> None:
    kind = "Failed" if fails else "Complete"
    now = "2026-01-01T00:00:00Z"
    status = {
        "conditions": [
            {"type": "SuccessCriteriaMet" if not fails else "FailureTarget", "status": "True"},
            {"type": kind, "status": "True"},
        ],
        "startTime": now,
        **({"completionTime": now, "succeeded": 1} if not fails else {"failed": 1}),
    }
    await fleet.client.patch(JOBS, name, NAMESPACE, {"status": status}, subresource="status")


def test_hooks_run_in_order_of_weight() -> None:
    """A lighter hook is through before the heavier starts; only then come the objects."""

    async def scenario(fleet: Fleet) -> None:
        hooks = {
            "charts/parcel/templates/a.yaml": JOB.format(
                name="second", event="pre-install", weight=5, policy="hook-succeeded"
            ),
            "charts/parcel/templates/b.yaml": JOB.format(
                name="first", event="pre-install", weight=-5, policy="before-hook-creation"
            ),
        }
        await fleet.source({**CHART, **hooks})
        await fleet.release()
        await fleet.settle()
        assert await is_gone(fleet, JOBS, "second")
        assert await is_gone(fleet, CONFIG_MAP, "app-config")
        await complete(fleet, "first")
        await fleet.settle()
        await complete(fleet, "second")
        await fleet.settle()
        assert (await fleet.data())["color"] == "blue"
        assert await is_gone(fleet, JOBS, "second")
        assert not await is_gone(fleet, JOBS, "first")
        runs = {hook.name: hook.last_run.phase for hook in (await fleet.records())[0].hooks}
        assert runs == {"first": "Succeeded", "second": "Succeeded"}

    simulate(scenario)


def test_failed_hook_fails_the_install() -> None:
    """The text names the hook's Job."""

    async def scenario(fleet: Fleet) -> None:
        job = JOB.format(name="check", event="pre-install", weight=0, policy="hook-failed")
        await fleet.source({**CHART, "charts/parcel/templates/a.yaml": job})
        await fleet.release()
        await fleet.settle()
        await complete(fleet, "check", fails=True)
        await fleet.settle()
        assert (await fleet.conditions())["Ready"][2].endswith(
            "failed pre-install: failed early due to stalled resources: [Job/team/check status: 'Failed']"
        )
        assert await is_gone(fleet, JOBS, "check")
        assert (await fleet.conditions())["Stalled"][1] == "RetriesExceeded"

    simulate(scenario)


def test_tests_are_run_after_the_release() -> None:
    """Test hooks run when spec.test.enable is set; their result is a condition and part of the history."""

    async def scenario(fleet: Fleet) -> None:
        job = JOB.format(name="probe", event="test", weight=0, policy="before-hook-creation")
        await fleet.source({**CHART, "charts/parcel/templates/a.yaml": job})
        await fleet.release(test={"enable": True})
        await fleet.settle()
        assert (await fleet.conditions())["TestSuccess"][:2] == ("Unknown", "AwaitingTests")
        await complete(fleet, "probe")
        await fleet.settle()
        conditions = await fleet.conditions()
        assert conditions["TestSuccess"] == (
            "True",
            "TestSucceeded",
            "Helm test succeeded for release team/app.v1 with chart parcel@0.1.0: 1 test hook completed successfully",
        )
        assert conditions["Ready"][1] == "TestSucceeded"
        latest = (await fleet.get())["status"]["history"][0]
        assert latest["testHooks"]["probe"]["phase"] == "Succeeded"
        before = fleet.revision
        await fleet.settle(3600)
        assert fleet.revision == before

    simulate(scenario)
