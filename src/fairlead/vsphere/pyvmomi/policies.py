"""Storage policies, through the vCenter's policy service (PBM), which shares the session.

Source: govmomi v0.55, pbm/client.go: profiles are found by name among the storage profiles; a datastore fits when
PbmCheckRequirements reports it without an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyVmomi import SoapStubAdapter, pbm

from fairlead.vsphere.errors import NotFound
from fairlead.vsphere.names import closest
from fairlead.vsphere.port import Ref

VERSION = "pbm.version.version1"


def _service(stub: Any) -> Any:
    """Return the policy service's content, logged in with the SOAP session's cookie."""
    host, _, port = stub.host.rpartition(":")
    cookie = stub.cookie.split('"')[1] if '"' in stub.cookie else stub.cookie.partition("=")[2]
    service = SoapStubAdapter(
        host=host.strip("[]"),
        port=int(port),
        path="/pbm/sdk",
        version=VERSION,
        sslContext=stub.schemeArgs.get("context"),
        requestContext={"vcSessionCookie": cookie},
    )
    service.cookie = stub.cookie
    return pbm.ServiceInstance("ServiceInstance", service).RetrieveContent()


def find(stub: Any, name: str) -> str:
    """Return a storage policy's id. Raises: NotFound."""
    manager = _service(stub).profileManager
    storage = pbm.profile.ResourceType(resourceType="STORAGE")
    profiles = manager.PbmRetrieveContent(manager.PbmQueryProfile(storage))
    for profile in profiles:
        if profile.name == name:
            return str(profile.profileId.uniqueId)
    raise NotFound("storage policy", name, closest(name, [str(p.name) for p in profiles]))


def matching(stub: Any, policy_id: str, stores: Sequence[Ref]) -> set[Ref]:
    """Return those datastores that satisfy a policy."""
    solver = _service(stub).placementSolver
    hubs = [pbm.placement.PlacementHub(hubType=s.type, hubId=s.id) for s in stores]
    requirement = pbm.placement.CapabilityProfileRequirement(profileId=pbm.profile.ProfileId(uniqueId=policy_id))
    results = solver.PbmCheckRequirements(hubs, None, [requirement])
    return {Ref(r.hub.hubType, r.hub.hubId) for r in results if not r.error}
