"""IPAddress and IPAddressClaim: who asks a pool for an address, and the address that was given.

Source: cluster-api v1.14, api/ipam (names, bounds and defaults of v1beta2).
"""

from typing import Annotated

from fairlead.api.addons.resourceset import Deprecated
from fairlead.api.clusterapi.common import Condition
from fairlead.api.model import Doc, Extra, Meta, Model, Resource

SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
NAME = Meta(min_length=1, max_length=253, pattern=SUBDOMAIN)


class IPPoolReference(Model):
    """A pool of addresses, of any provider."""

    api_group: Annotated[str, Doc("Its API group."), NAME]
    kind: Annotated[
        str, Doc("Its kind."), Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")
    ]
    name: Annotated[str, Doc("Its name."), NAME]


class IPAddressClaimReference(Model):
    """The claim that an address fulfils."""

    name: Annotated[str, Doc("Its name."), NAME]


class IPAddressReference(Model):
    """The address that fulfils a claim."""

    name: Annotated[str, Doc("Its name."), NAME]


class IPAddressSpec(Model):
    """The address and where it comes from."""

    address: Annotated[str, Doc("The address."), Meta(min_length=1, max_length=39)]
    claim_ref: Annotated[IPAddressClaimReference, Doc("The claim that it fulfils.")]
    pool_ref: Annotated[IPPoolReference, Doc("The pool that it comes from.")]
    prefix: Annotated[int, Doc("Length of its network's prefix."), Meta(ge=0, le=128), Extra(format="int32")]
    gateway: Annotated[str, Doc("Gateway of its network."), Meta(min_length=1, max_length=39)] = ""


class IPAddress(Resource, kw_only=True):
    """An address that a pool gave to a claim."""

    spec: Annotated[IPAddressSpec, Doc("The address and where it comes from.")]


class IPAddressClaimSpec(Model):
    """What is asked for."""

    pool_ref: Annotated[IPPoolReference, Doc("The pool that shall give the address.")]
    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)] = ""


class IPAddressClaimStatus(Model):
    """What is so."""

    address_ref: Annotated[IPAddressReference | None, Doc("The address that was given.")] = None
    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    deprecated: Annotated[Deprecated | None, Doc("Fields of older API versions.")] = None


class IPAddressClaim(Resource, kw_only=True):
    """A wish for an address from a pool."""

    spec: Annotated[IPAddressClaimSpec, Doc("What is asked for.")]
    status: Annotated[IPAddressClaimStatus | None, Doc("What is so."), Extra(min_properties=1)] = None
