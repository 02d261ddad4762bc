"""Jobs of a simulated cluster. Source: kubernetes v1.36 pkg/controller/job (status and conditions)."""

from collections.abc import Sequence

from fairlead.base.objects import Json, Key, copy, get_in, is_deleting
from fairlead.lab.kube.pods import JOB, POD, from_template, is_finished, owned, owner_key
from fairlead.lab.kube.replicas import get_or_none
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, timestamp
from fairlead.runtime.conditions import set_condition
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result


class JobController(BaseController):
    """Runs Pods until as many have succeeded as the Job asks for."""

    name = "job"
    kind = JOB

    def __init__(self, *, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def watches(self) -> Sequence[Watch]:
        return (Watch(POD, lambda pod: owner_key(pod, "Job")),)

    async def reconcile(self, key: Key) -> Result:
        job = await get_or_none(self._client, JOB, key)
        if job is None or is_deleting(job) or get_in(job, "spec", "suspend"):
            return Result.done()
        if get_in(job, "status", "completionTime"):
            return Result.done()
        pods = await owned(self._client, POD, job)
        succeeded = sum(get_in(p, "status", "phase") == "Succeeded" for p in pods)
        failed = sum(get_in(p, "status", "phase") == "Failed" for p in pods)
        active = sum(not is_finished(p) for p in pods)
        wanted = get_in(job, "spec", "completions", default=1)
        parallel = get_in(job, "spec", "parallelism", default=1)
        for _ in range(max(min(parallel, wanted - succeeded) - active, 0)):
            await self._create(job)
            active += 1
        await self._report(job, active, succeeded, failed, done=succeeded >= wanted)
        return Result.done()

    async def _create(self, job: Json) -> None:
        name, uid = job["metadata"]["name"], job["metadata"]["uid"]
        template = copy(job["spec"]["template"])
        template.setdefault("metadata", {}).setdefault("labels", {}).update(
            {
                "batch.kubernetes.io/controller-uid": uid,
                "batch.kubernetes.io/job-name": name,
                "controller-uid": uid,
                "job-name": name,
            }
        )
        pod = from_template(job, template, generateName=f"{name}-")
        await self._client.create(pod, field_manager="kube-controller-manager")

    async def _report(self, job: Json, active: int, succeeded: int, failed: int, *, done: bool) -> None:
        now = self._clock.now()
        async with editing(self._client, job, field_manager="kube-controller-manager") as draft:
            status = draft.setdefault("status", {})
            status.setdefault("startTime", timestamp(now))
            for field, count in (("active", active), ("succeeded", succeeded), ("failed", failed)):
                if count:
                    status[field] = count
                else:
                    status.pop(field, None)
            status["ready"] = 0
            if done:
                status["completionTime"] = timestamp(now)
                conditions = status.setdefault("conditions", [])
                text = "Reached expected number of succeeded pods"
                set_condition(conditions, "SuccessCriteriaMet", True, "CompletionsReached", text, now=now)
                set_condition(conditions, "Complete", True, "CompletionsReached", text, now=now)
