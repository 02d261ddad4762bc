"""InClusterIPPool and GlobalInClusterIPPool: addresses that the management cluster itself gives out.

Source: cluster-api-ipam-provider-in-cluster v1.1, api/v1alpha2 (names, bounds and defaults).
"""

from typing import Annotated

from msgspec import field

from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class InClusterIPPoolSpec(Model):
    """Which addresses there are."""

    addresses: Annotated[
        tuple[str, ...], Doc("Addresses that may be given out: single ones, first-last, or CIDR blocks.")
    ]
    prefix: Annotated[int, Doc("Length of the network's prefix."), Meta(ge=0, le=128)]
    address_reuse_grace_period_seconds: Annotated[
        int | None,
        Doc("How long a released address is kept from others, with its claim and IPAddress; none unless set."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    allocate_reserved_ip_addresses: Annotated[
        bool, Doc("Give out the network and broadcast address (IPv4) or the anycast address (IPv6), too.")
    ] = field(name="allocateReservedIPAddresses", default=False)
    excluded_addresses: Annotated[
        tuple[str, ...], Doc("Addresses that are not given out, in the forms of addresses.")
    ] = ()
    gateway: Annotated[str, Doc("The network's gateway; never given out.")] = ""


class InClusterIPPoolStatusIPAddresses(Model):
    """How many addresses there are; more than fit an int64 are told as its largest number."""

    free: Annotated[int, Doc("How many may still be given out.")]
    out_of_range: Annotated[int, Doc("How many were given out that the pool does not hold any more.")]
    total: Annotated[int, Doc("How many the pool holds.")]
    used: Annotated[int, Doc("How many are given out.")]


class InClusterIPPoolStatus(Model):
    """What is so."""

    ip_addresses: Annotated[InClusterIPPoolStatusIPAddresses | None, Doc("How many addresses there are.")] = None


class InClusterIPPool(Resource):
    """A pool of addresses for the claims of its namespace."""

    spec: Annotated[InClusterIPPoolSpec | None, Doc("Which addresses there are.")] = None
    status: Annotated[InClusterIPPoolStatus | None, Doc("What is so.")] = None


class GlobalInClusterIPPool(Resource):
    """A pool of addresses for the claims of all namespaces."""

    spec: Annotated[InClusterIPPoolSpec | None, Doc("Which addresses there are.")] = None
    status: Annotated[InClusterIPPoolStatus | None, Doc("What is so.")] = None
