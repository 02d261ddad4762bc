"""The older version of IPAddress and IPAddressClaim.

Source: cluster-api v1.14, api/ipam (names, bounds and defaults of v1beta1).
"""

from typing import Annotated

from fairlead.api.addons.v1beta1.resourceset import V1beta2
from fairlead.api.clusterapi.common import V1Beta1Condition
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class TypedLocalObjectReference(Model):
    """A pool of addresses, of any provider."""

    kind: Annotated[str, Doc("Its kind.")]
    name: Annotated[str, Doc("Its name.")]
    api_group: Annotated[str, Doc("Its API group; empty for the core group.")] = ""


class LocalObjectReference(Model):
    """An object in the same namespace."""

    name: Annotated[str, Doc("Its name."), Extra(default="")] = ""


class IPAddressSpec(Model):
    """The address and where it comes from."""

    address: Annotated[str, Doc("The address."), Meta(min_length=1, max_length=39)]
    claim_ref: Annotated[LocalObjectReference, Doc("The claim that it fulfils."), Extra(map_type="atomic")]
    pool_ref: Annotated[TypedLocalObjectReference, Doc("The pool that it comes from."), Extra(map_type="atomic")]
    prefix: Annotated[int, Doc("Length of its network's prefix.")]
    gateway: Annotated[str, Doc("Gateway of its network."), Meta(min_length=1, max_length=39)] = ""


class IPAddress(Resource, kw_only=True):
    """An address that a pool gave to a claim."""

    spec: Annotated[IPAddressSpec | None, Doc("The address and where it comes from.")] = None


class IPAddressClaimSpec(Model):
    """What is asked for."""

    pool_ref: Annotated[
        TypedLocalObjectReference, Doc("The pool that shall give the address."), Extra(map_type="atomic")
    ]
    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)] = ""


class IPAddressClaimStatus(Model):
    """What is so."""

    address_ref: Annotated[
        LocalObjectReference | None, Doc("The address that was given."), Extra(map_type="atomic")
    ] = None
    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    v1beta2: Annotated[V1beta2 | None, Doc("V1beta2.")] = None


class IPAddressClaim(Resource, kw_only=True):
    """A wish for an address from a pool."""

    spec: Annotated[IPAddressClaimSpec | None, Doc("What is asked for.")] = None
    status: Annotated[IPAddressClaimStatus | None, Doc("What is so.")] = None
