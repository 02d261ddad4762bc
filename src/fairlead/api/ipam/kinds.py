"""The table of the kinds that give addresses: versions, columns and rules.

Source: cluster-api v1.14, core/config/crd; cluster-api-ipam-provider-in-cluster v1.1, config/crd (names and columns).
"""

from typing import Any

from fairlead.api.clusterapi.conversion import convert
from fairlead.api.decoding import misread
from fairlead.api.ipam import rules
from fairlead.api.ipam import v1beta1 as old
from fairlead.api.ipam.address import IPAddress, IPAddressClaim
from fairlead.api.ipam.pool import GlobalInClusterIPPool, InClusterIPPool
from fairlead.api.kind import Column, Kind, Version
from fairlead.api.model import Resource
from fairlead.api.schema import schema_of
from fairlead.base.objects import GVK, Json

GROUP = "ipam.cluster.x-k8s.io"
IP_ADDRESS = rules.IP_ADDRESS
IP_ADDRESS_CLAIM = rules.IP_ADDRESS_CLAIM
IN_CLUSTER_IP_POOL = GVK(GROUP, "v1alpha2", "InClusterIPPool")
GLOBAL_IN_CLUSTER_IP_POOL = GVK(GROUP, "v1alpha2", "GlobalInClusterIPPool")

CORE_LABELS = {
    "cluster.x-k8s.io/provider": "cluster-api",
    "cluster.x-k8s.io/v1beta1": "v1beta1",
    "cluster.x-k8s.io/v1beta2": "v1beta2",
}
POOL_LABELS = {"cluster.x-k8s.io/provider": "ipam-in-cluster", "clusterctl.cluster.x-k8s.io/move-hierarchy": ""}


def _convert(obj: Json, version: str) -> Json:
    """As for all of Cluster API; a reference without a name, which v1beta1 allows, is none."""
    converted = convert(obj, version)
    status = converted.get("status") or {}
    if version == "v1beta2" and not (status.get("addressRef") or {"name": ""}).get("name"):
        status.pop("addressRef", None)
    return converted


def _core(model: type[Resource], older: type[Resource], plural: str, columns: tuple[Column, ...], **more: Any) -> Kind:
    return Kind(
        group=GROUP,
        kind=model.__name__,
        plural=plural,
        categories=("cluster-api",),
        versions=(Version("v1beta2", schema_of(model), columns), Version("v1beta1", schema_of(older), columns)),
        crd_labels=CORE_LABELS,
        webhook=f"validation.{model.__name__.lower()}.{GROUP}",
        convert=_convert,
        **more,
    )


def _pool(model: type[Resource], plural: str, *, namespaced: bool) -> Kind:
    columns = (
        Column("Addresses", ".spec.addresses", "string", "List of addresses, to allocate from"),
        Column("Total", ".status.ipAddresses.total", "integer", "Count of IPs configured for the pool"),
        Column("Free", ".status.ipAddresses.free", "integer", "Count of unallocated IPs in the pool"),
        Column("Used", ".status.ipAddresses.used", "integer", "Count of allocated IPs in the pool"),
    )
    return Kind(
        group=GROUP,
        kind=model.__name__,
        plural=plural,
        namespaced=namespaced,
        categories=("cluster-api",),
        versions=(Version("v1alpha2", schema_of(model), columns),),
        crd_labels=POOL_LABELS,
        webhook=f"validation.{model.__name__.lower()}.{GROUP}",
        validate=rules.validate_pool,
        guards_deletion=True,
        misread=misread(model),
    )


def _from_pool(verb: str, what: str) -> tuple[Column, ...]:
    return (
        Column("Pool Name", ".spec.poolRef.name", "string", f"Name of the pool {verb}"),
        Column("Pool Kind", ".spec.poolRef.kind", "string", f"Kind of the pool {verb}"),
        Column("Age", ".metadata.creationTimestamp", "date", f"Time duration since creation of {what}"),
    )


KINDS: tuple[Kind, ...] = (
    _core(
        IPAddress,
        old.IPAddress,
        "ipaddresses",
        (Column("Address", ".spec.address", "string", "Address"), *_from_pool("the address is from", "IPAddress")),
        status=False,
        validate=rules.validate_address,
    ),
    _core(
        IPAddressClaim,
        old.IPAddressClaim,
        "ipaddressclaims",
        _from_pool("to allocate an address from", "IPAddressClaim"),
        validate=rules.validate_claim,
    ),
    _pool(InClusterIPPool, "inclusterippools", namespaced=True),
    _pool(GlobalInClusterIPPool, "globalinclusterippools", namespaced=False),
)
