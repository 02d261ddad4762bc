"""Failure domains and shared credentials: are the things they name there?

Behaviour: cluster-api-provider-vsphere v1.17, controllers/vspheredeploymentzone_controller.go,
vsphereclusteridentity_controller.go. Differences: docs/compat/vsphere.md.
"""

from collections.abc import Sequence
from datetime import timedelta

from fairlead.api.infrastructure.kinds import (
    VSPHERE_CLUSTER,
    VSPHERE_CLUSTER_IDENTITY,
    VSPHERE_DEPLOYMENT_ZONE,
    VSPHERE_FAILURE_DOMAIN,
)
from fairlead.base.objects import Json, Key, finalizers, get_in, is_deleting, owner_references
from fairlead.controllers.conditions import PAUSED, VCENTER_AVAILABLE, Reporter
from fairlead.controllers.contract import get_or_none, reference_to, with_owner
from fairlead.controllers.vsphere.identity import SECRET, Credentials, CredentialsError
from fairlead.controllers.vsphere.sessions import Login, Sessions
from fairlead.controllers.vsphere.vspherecluster import MANAGER, RETRY, explain, login_for
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.outcome import Result
from fairlead.vsphere.errors import SessionLost, VSphereError
from fairlead.vsphere.port import Session

ZONE_FINALIZER = "vspheredeploymentzone.infrastructure.cluster.x-k8s.io"
IDENTITY_FINALIZER = "vspherecluster/infrastructure.cluster.x-k8s.io"
PLACEMENT = "PlacementConstraintReady"
FAILURE_DOMAIN = "FailureDomainValidated"


class DeploymentZoneController(BaseController):
    """Says whether machines can be placed in a zone."""

    name = "vspheredeploymentzone"
    kind = VSPHERE_DEPLOYMENT_ZONE

    def __init__(self, *, client: Client, clock: Clock, sessions: Sessions, default: Credentials) -> None:
        self._client = client
        self._clock = clock
        self._sessions = sessions
        self._default = default

    def watches(self) -> Sequence[Watch]:
        return (Watch(VSPHERE_FAILURE_DOMAIN, self._of_domain), Watch(VSPHERE_CLUSTER, self._of_cluster))

    async def _of_domain(self, domain: Json) -> list[Key]:
        zones = (await self._client.list(VSPHERE_DEPLOYMENT_ZONE)).items
        return [Key.of(zone) for zone in zones if zone["spec"].get("failureDomain") == domain["metadata"]["name"]]

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        zones = (await self._client.list(VSPHERE_DEPLOYMENT_ZONE)).items
        server = get_in(cluster, "spec", "server")
        return [Key.of(z) for z in zones if z["spec"].get("server") == server and not get_in(z, "status", "ready")]

    async def reconcile(self, key: Key) -> Result:
        zone = await get_or_none(self._client, VSPHERE_DEPLOYMENT_ZONE, key)
        if zone is None:
            return Result.done()
        async with editing(self._client, zone, field_manager=MANAGER) as draft:
            if is_deleting(zone):
                draft["metadata"]["finalizers"] = [name for name in finalizers(zone) if name != ZONE_FINALIZER]
                return Result.done()
            if ZONE_FINALIZER not in finalizers(zone):
                draft["metadata"].setdefault("finalizers", []).append(ZONE_FINALIZER)
            report = Reporter(draft, self._clock.now())
            report.set(PAUSED, False, "NotPaused")
            ready, result = await self._check(zone, report)
            draft["status"]["ready"] = ready
            report.summarize((VCENTER_AVAILABLE, PLACEMENT, FAILURE_DOMAIN), (VCENTER_AVAILABLE,))
            return result

    async def _check(self, zone: Json, report: Reporter) -> tuple[bool, Result]:
        try:
            session = await self._session(zone)
        except (VSphereError, CredentialsError) as error:
            report.set(VCENTER_AVAILABLE, False, "VCenterUnreachable", explain(error).message)
            return False, Result.again(RETRY)
        report.set(VCENTER_AVAILABLE, True, "Available")
        report.set_old(VCENTER_AVAILABLE, True)
        try:
            placed = await self._placement(session, zone, report)
            valid = await self._domain(session, zone, report)
        except SessionLost:
            self._sessions.lost(session)
            return False, Result.again(timedelta(0))
        return placed and valid, Result.done() if placed and valid else Result.again(RETRY)

    async def _session(self, zone: Json) -> Session:
        """A session with the credentials of a cluster on the same vCenter."""
        server = zone["spec"]["server"]
        for cluster in (await self._client.list(VSPHERE_CLUSTER)).items:
            if cluster["spec"].get("server") == server:
                return await self._sessions.get(await login_for(self._client, cluster, "capv-system", self._default))
        return await self._sessions.get(Login(server, self._default.username, self._default.password))

    async def _placement(self, session: Session, zone: Json, report: Reporter) -> bool:
        constraint = zone["spec"].get("placementConstraint") or {}
        try:
            if constraint.get("resourcePool"):
                await session.find_pool(constraint["resourcePool"])
            if constraint.get("folder"):
                await session.find_folder(constraint["folder"])
        except SessionLost:
            raise
        except VSphereError as error:
            report.set(PLACEMENT, False, "NotReady", str(error))
            return False
        report.set(PLACEMENT, True, "Ready")
        return True

    async def _domain(self, session: Session, zone: Json, report: Reporter) -> bool:
        name = zone["spec"].get("failureDomain", "")
        domain = await get_or_none(self._client, VSPHERE_FAILURE_DOMAIN, Key("", name))
        if domain is None:
            report.set(FAILURE_DOMAIN, False, "NotFound", f"VSphereFailureDomain {name!r} does not exist")
            return False
        topology = domain["spec"].get("topology") or {}
        datacenter = topology.get("datacenter", "")
        try:
            await session.find_datacenter(datacenter)
            if topology.get("computeCluster"):
                await session.find_cluster(topology["computeCluster"], datacenter)
            if topology.get("datastore"):
                await session.find_datastore(topology["datastore"], datacenter)
            for network in topology.get("networks") or ():
                await session.find_network(network, datacenter)
        except SessionLost:
            raise
        except VSphereError as error:
            report.set(FAILURE_DOMAIN, False, "ValidationFailed", str(error))
            return False
        report.set(FAILURE_DOMAIN, True, "Validated")
        return True


class IdentityController(BaseController):
    """Ties a VSphereClusterIdentity to the Secret with its credentials."""

    name = "vsphereclusteridentity"
    kind = VSPHERE_CLUSTER_IDENTITY

    def __init__(self, *, client: Client, clock: Clock, own_namespace: str) -> None:
        self._client = client
        self._clock = clock
        self._own_namespace = own_namespace

    def watches(self) -> Sequence[Watch]:
        return (Watch(SECRET, self._of_secret),)

    async def _of_secret(self, secret: Json) -> list[Key]:
        key = Key.of(secret)
        if key.namespace != self._own_namespace:
            return []
        identities = (await self._client.list(VSPHERE_CLUSTER_IDENTITY)).items
        return [Key.of(i) for i in identities if get_in(i, "spec", "secretName") == key.name]

    async def reconcile(self, key: Key) -> Result:
        identity = await get_or_none(self._client, VSPHERE_CLUSTER_IDENTITY, key)
        if identity is None or is_deleting(identity):
            return Result.done()
        name = identity["spec"]["secretName"]
        secret = await get_or_none(self._client, SECRET, Key(self._own_namespace, name))
        async with editing(self._client, identity, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            report.set(PAUSED, False, "NotPaused")
            if secret is None:
                text = f"secret: {self._own_namespace}/{name} not found"
                report.fail(
                    "CredentialsAvailable",
                    "SecretNotAvailable",
                    text,
                    ("CredentialsAvailable", "SecretNotAvailable", "Warning"),
                )
            else:
                await self._own(identity, secret)
                report.set("CredentialsAvailable", True, "CredentialsAvailable")
                report.set_old("CredentialsAvailable", True)
            draft["status"]["ready"] = secret is not None
            report.summarize(("CredentialsAvailable",), ("CredentialsAvailable",))
        return Result.done()

    async def _own(self, identity: Json, secret: Json) -> None:
        async with editing(self._client, secret, field_manager=MANAGER) as draft:
            draft["metadata"]["ownerReferences"] = with_owner(owner_references(secret), reference_to(identity))
            if IDENTITY_FINALIZER not in finalizers(secret):
                draft["metadata"].setdefault("finalizers", []).append(IDENTITY_FINALIZER)
