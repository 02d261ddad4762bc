"""VSphereCluster controller: reach the vCenter, keep the credentials, list the failure domains.

Behaviour: cluster-api-provider-vsphere v1.17, controllers/vspherecluster_reconciler.go.
Differences: docs/compat/vsphere.md#vspherecluster.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER, VSPHERE_DEPLOYMENT_ZONE, VSPHERE_MACHINE
from fairlead.base.objects import Json, Key, finalizers, get_in, is_deleting, owner_references
from fairlead.controllers.conditions import FAILURE_DOMAINS, PAUSED, VCENTER_AVAILABLE, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    SETTLE_CLUSTER,
    SETTLE_MACHINE,
    get_or_none,
    is_paused,
    owner,
    pause_message,
    reference_to,
    with_owner,
)
from fairlead.controllers.vsphere.identity import SECRET, Credentials, CredentialsError, credentials_for
from fairlead.controllers.vsphere.sessions import Login, Sessions
from fairlead.engines.selectors import label_selector
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, parse_timestamp
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing
from fairlead.runtime.events import Recorder
from fairlead.runtime.outcome import Result
from fairlead.vsphere.errors import LoginFailed, SessionLost, VSphereError

FINALIZER = "vspherecluster.infrastructure.cluster.x-k8s.io"
SECRET_FINALIZER = "vspherecluster/infrastructure.cluster.x-k8s.io"
RETRY = timedelta(seconds=10)
RETRY_MOST = timedelta(minutes=2)
PATIENCE = timedelta(seconds=5)  # a Secret that is applied after its VSphereCluster is no trouble
MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the vCenter cannot be used; `message` is upstream's text, `hint` what to do."""

    message: str
    hint: str


def explain(error: Exception) -> Trouble:
    """Upstream's words for what keeps us from a vCenter, and the next step."""
    if isinstance(error, CredentialsError):
        return Trouble(str(error), "create the Secret named by spec.identityRef")
    text = "failed to create vCenter session: failed to create client: "
    if isinstance(error, LoginFailed):
        hint = "check username and password; the login is not tried again for a minute, so that no account is locked"
        return Trouble(f"{text}failed to login: {error}", hint)
    return Trouble(f"{text}{error}", "check spec.server and spec.thumbprint")


async def login_for(client: Client, cluster: Json, own_namespace: str, default: Credentials) -> Login:
    """What a session for a VSphereCluster is opened with. Raises: CredentialsError."""
    credentials = await credentials_for(client, cluster, own_namespace, default)
    spec = cluster["spec"]
    return Login(spec["server"], credentials.username, credentials.password, spec.get("thumbprint", ""))


class VSphereClusterController(BaseController):
    """Makes a VSphereCluster provisioned: its vCenter answers and its credentials hold."""

    name = "vspherecluster"
    kind = VSPHERE_CLUSTER
    settle = SETTLE_CLUSTER + SETTLE_MACHINE  # its Cluster becomes its owner first

    def __init__(
        self,
        *,
        client: Client,
        clock: Clock,
        sessions: Sessions,
        recorder: Recorder,
        own_namespace: str = "capv-system",
        default: Credentials = Credentials("", ""),  # noqa: B008  # immutable
    ) -> None:
        self._client = client
        self._clock = clock
        self._sessions = sessions
        self._recorder = recorder
        self._own_namespace = own_namespace
        self._default = default
        self._warned: dict[Key, str] = {}  # the trouble that was told last

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(CLUSTER, self._of_cluster),
            Watch(SECRET, self._of_secret),
            Watch(VSPHERE_MACHINE, self._of_machine),
            Watch(VSPHERE_DEPLOYMENT_ZONE, self._all),
        )

    def _of_cluster(self, cluster: Json) -> tuple[Key, ...]:
        reference = get_in(cluster, "spec", "infrastructureRef", default={})
        if reference.get("kind") != VSPHERE_CLUSTER.kind or reference.get("apiGroup") != VSPHERE_CLUSTER.group:
            return ()
        return (Key(Key.of(cluster).namespace, reference["name"]),)

    async def _of_secret(self, secret: Json) -> list[Key]:
        owned = list(wake_owner(VSPHERE_CLUSTER)(secret))  # type: ignore[arg-type]  # a plain list, see wake_owner
        if owned or secret.get("type", "Opaque") != "Opaque":
            return owned
        key = Key.of(secret)
        clusters = (await self._client.list(VSPHERE_CLUSTER, key.namespace)).items
        return [Key.of(c) for c in clusters if get_in(c, "spec", "identityRef", "name") == key.name]

    async def _of_machine(self, machine: Json) -> list[Key]:
        if not is_deleting(machine):
            return []
        name = (machine["metadata"].get("labels") or {}).get(CLUSTER_NAME_LABEL, "")
        clusters = (await self._client.list(VSPHERE_CLUSTER, Key.of(machine).namespace)).items
        return [Key.of(c) for c in clusters if any(o.get("name") == name for o in owner_references(c))]

    async def _all(self, zone: Json) -> list[Key]:
        return [Key.of(cluster) for cluster in (await self._client.list(VSPHERE_CLUSTER)).items]

    async def reconcile(self, key: Key) -> Result:
        found = await get_or_none(self._client, VSPHERE_CLUSTER, key)
        if found is None:
            self._warned.pop(key, None)
            return Result.done()
        cluster = await owner(self._client, found, CLUSTER)
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, found):
                report.set(PAUSED, True, "Paused", pause_message(cluster, found))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            if is_deleting(found):
                return await self._delete(draft, report, cluster)
            if FINALIZER not in finalizers(found):
                draft["metadata"].setdefault("finalizers", []).append(FINALIZER)
            if cluster is None:  # its controller sets the owner reference, which wakes this one
                report.summarize((VCENTER_AVAILABLE,), (), required=(VCENTER_AVAILABLE,))
                return Result.done()
            return await self._reach(found, draft, report)

    async def _reach(self, found: Json, draft: Json, report: Reporter) -> Result:
        ready = await self._failure_domains(found, draft, report)
        try:
            if not ready:
                return Result.done()
            await self._keep_secret(found)
            login = await login_for(self._client, found, self._own_namespace, self._default)
            session = await self._sessions.get(login)
            about = await session.about()
        except SessionLost:
            self._sessions.lost(session)
            return Result.again(timedelta(0))
        except (VSphereError, CredentialsError) as error:
            trouble = explain(error)
            patience = PATIENCE if isinstance(error, CredentialsError) else timedelta(0)
            later = await self._warn(found, report, trouble, patience)
            report.fail(
                VCENTER_AVAILABLE,
                "VCenterUnreachable",
                trouble.message,
                (VCENTER_AVAILABLE, "VCenterUnreachable", "Error"),
            )
            if later:
                return Result.again(later)
            return Result.done() if patience else Result.again(self._retry_after(report))
        else:
            report.set(VCENTER_AVAILABLE, True, "Available")
            report.set_old(VCENTER_AVAILABLE, True)
            draft["status"]["vCenterVersion"] = about.version
            draft["status"].setdefault("initialization", {})["provisioned"] = True
            return Result.done()
        finally:
            report.summarize((VCENTER_AVAILABLE, FAILURE_DOMAINS), (VCENTER_AVAILABLE,), required=(VCENTER_AVAILABLE,))

    def _retry_after(self, report: Reporter) -> timedelta:
        """Seldomer, the longer the vCenter has been out of reach: thousands of clusters may wait for one."""
        known = report.get(VCENTER_AVAILABLE)
        lasted = self._clock.now() - parse_timestamp(known["lastTransitionTime"]) if known is not None else RETRY
        return max(RETRY, min(lasted / 4, RETRY_MOST))

    async def _warn(self, found: Json, report: Reporter, trouble: Trouble, patience: timedelta) -> timedelta | None:
        """Tell a trouble once, when it has lasted for *patience*; until then return how long to wait."""
        key, known = Key.of(found), report.get(VCENTER_AVAILABLE)
        if known is None or known.get("message") != trouble.message:
            self._warned.pop(key, None)
            if patience:
                return patience
        elif patience:
            lasted = self._clock.now() - parse_timestamp(known["lastTransitionTime"])
            if lasted < patience:
                return patience - lasted
        if self._warned.get(key) != trouble.message:
            self._warned[key] = trouble.message
            text = f"cannot use vCenter {found['spec']['server']!r}: {trouble.message}; {trouble.hint}"
            await self._recorder.warning(found, "VCenterUnreachable", text)
        return None

    async def _keep_secret(self, found: Json) -> None:
        """Own the Secret with the credentials, so that it lives as long as the cluster needs it."""
        reference = get_in(found, "spec", "identityRef", default={})
        if reference.get("kind") != "Secret":
            return
        key = Key(found["metadata"]["namespace"], reference["name"])
        secret = await get_or_none(self._client, SECRET, key)
        if secret is None:
            raise CredentialsError(f'Secret "{key.name}" not found')
        mine = reference_to(found)
        others = [o for o in owner_references(secret) if o.get("kind") in ("VSphereCluster", "VSphereClusterIdentity")]
        if others and not any(o.get("uid") == mine["uid"] for o in others):
            raise CredentialsError(f"another cluster has set the OwnerRef for Secret {key}")
        async with editing(self._client, secret, field_manager=MANAGER) as draft:
            draft["metadata"]["ownerReferences"] = with_owner(owner_references(secret), mine)
            if SECRET_FINALIZER not in finalizers(secret):
                draft["metadata"].setdefault("finalizers", []).append(SECRET_FINALIZER)

    async def _failure_domains(self, found: Json, draft: Json, report: Reporter) -> bool:
        """List the deployment zones that the selector names; False while one has not said whether it is ready."""
        selector = get_in(found, "spec", "failureDomainSelector")
        if selector is None:
            return True
        chosen = label_selector(selector)
        zones = [
            zone
            for zone in (await self._client.list(VSPHERE_DEPLOYMENT_ZONE)).items
            if chosen.matches(zone["metadata"].get("labels")) and zone["spec"].get("server") == found["spec"]["server"]
        ]
        states = [get_in(zone, "status", "ready") for zone in zones]
        listed = [
            {"name": zone["metadata"]["name"], "controlPlane": zone["spec"].get("controlPlane", True)}
            for zone, state in zip(zones, states, strict=True)
            if state is not False
        ]
        status = draft.setdefault("status", {})
        if listed:
            status["failureDomains"] = sorted(listed, key=lambda domain: str(domain["name"]))
        else:
            status.pop("failureDomains", None)
        if None in states:
            message = "Waiting for failure domains to report ready status"
            report.set(FAILURE_DOMAINS, False, "NotReady", message)
            return False
        if listed and False in states:
            report.set(FAILURE_DOMAINS, False, "NotReady", "One or more failure domains are not ready")
        elif listed:
            report.set(FAILURE_DOMAINS, True, "Ready")
        return True

    async def _delete(self, draft: Json, report: Reporter, cluster: Json | None) -> Result:
        for type_ in (VCENTER_AVAILABLE, "ClusterModulesReady", FAILURE_DOMAINS):
            report.set(type_, False, "Deleting")
        report.summarize((VCENTER_AVAILABLE, FAILURE_DOMAINS, "ClusterModulesReady"), (VCENTER_AVAILABLE,))
        if cluster is not None:
            selector = f"{CLUSTER_NAME_LABEL}={cluster['metadata']['name']}"
            machines = await self._client.list(VSPHERE_MACHINE, draft["metadata"]["namespace"], label_selector=selector)
            if machines.items:  # each one's deletion wakes this
                return Result.done()
        await self._release_secret(draft)
        draft["metadata"]["finalizers"] = [name for name in finalizers(draft) if name != FINALIZER]
        return Result.done()

    async def _release_secret(self, draft: Json) -> None:
        reference = get_in(draft, "spec", "identityRef", default={})
        if reference.get("kind") != "Secret":
            return
        key = Key(draft["metadata"]["namespace"], reference["name"])
        secret = await get_or_none(self._client, SECRET, key)
        if secret is None:
            return
        if SECRET_FINALIZER in finalizers(secret):
            async with editing(self._client, secret, field_manager=MANAGER) as kept:
                kept["metadata"]["finalizers"] = [f for f in finalizers(secret) if f != SECRET_FINALIZER]
        if not is_deleting(secret):
            try:
                await self._client.delete(SECRET, key.name, key.namespace)
            except ApiError as error:
                if not error.is_not_found:
                    raise
