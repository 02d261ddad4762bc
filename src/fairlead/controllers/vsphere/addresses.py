"""Addresses from pools: the claims of a VSphereVM, and what came of them for its network cards.

One IPAddressClaim for each `addressesFromPools` entry of each device; an IPAM provider, whichever it is, fulfils it
with an IPAddress. The address goes into the guest's metadata; the claim is given back when the VM is gone.

Source: cluster-api-provider-vsphere v1.17, controllers/vspherevm_ipaddress_reconciler.go and
pkg/services/govmomi/ipam (names, owners, finalizer, reasons and messages).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fairlead.api.errors import ApiError
from fairlead.api.ipam.kinds import IP_ADDRESS, IP_ADDRESS_CLAIM
from fairlead.base.objects import Json, Key, finalizers, get_in, is_deleting, labels, owner_references
from fairlead.controllers.conditions import IP_CLAIMS, READY, Reporter
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, get_or_none, reference_to, with_owner
from fairlead.controllers.merging import Words, aggregate
from fairlead.engines.ipranges import Address, IPRangeError, block_of, parse_address
from fairlead.runtime.client import Client
from fairlead.runtime.conditions import find
from fairlead.runtime.edit import editing

CLAIM_FINALIZER = "vspherevm.infrastructure.cluster.x-k8s.io/ip-claim-protection"
OLD_CLAIMED = "IPAddressClaimed"
WAITING = "waiting for IP address claims to be bound"
MANAGER = "manager"
CLAIMS_WORDS = Words("InfoReported", "IssuesReported", "UnknownReported")


class AddressTroubleError(Exception):
    """The claimed addresses do not fit a card, or cannot be claimed; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the pools gave one network card: addresses with their prefix lengths, and gateways."""

    addresses: tuple[str, ...] = ()
    gateway4: str = ""
    gateway6: str = ""


def claim_name(vm: str, device: int, pool: int) -> str:
    """The name of the claim for a pool of a device."""
    return f"{vm}-{device}-{pool}"


def is_waiting_for_static(devices: Sequence[Json]) -> bool:
    """Whether a device gets its address neither from DHCP nor from a pool, and has none yet."""
    return any(
        not (device.get("skipIPAllocation") or device.get("dhcp4") or device.get("dhcp6"))
        and not (device.get("ipAddrs") or device.get("addressesFromPools"))
        for device in devices
    )


class AddressClaims:
    """The claims of one VSphereVM."""

    def __init__(self, client: Client, vm: Json) -> None:
        self._client = client
        self._vm = vm
        self._key = Key.of(vm)
        self._devices: Sequence[Json] = get_in(vm, "spec", "network", "devices", default=())

    def _wanted(self) -> Iterator[tuple[int, Key, Json]]:
        """Device, claim and pool reference of each address that is wanted."""
        for index, device in enumerate(self._devices):
            for number, pool in enumerate(device.get("addressesFromPools") or ()):
                yield index, Key(self._key.namespace, claim_name(self._key.name, index, number)), pool

    async def ensure(self, report: Reporter) -> None:
        """Have all claims, and say how far they are. Raises: AddressTroubleError."""
        claims: list[Json] = []
        created, errors = 0, []
        for _, key, pool in self._wanted():
            try:
                claim, is_new = await self._claim(key, pool)
            except ApiError as error:
                errors.append(f"failed to CreateOrPatch IPAddressClaim: {error.message}")
                continue
            created += is_new
            claims.append(claim)
        if errors:
            text = errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]"
            report.fail(IP_CLAIMS, "NotFulfilled", text, (OLD_CLAIMED, "IPAddressClaimNotFound", "Error"))
            raise AddressTroubleError(text)
        report_claims(report, claims, created)

    async def _claim(self, key: Key, pool: Json) -> tuple[Json, bool]:
        """The claim as it is to be, and whether it was made now."""
        found = await get_or_none(self._client, IP_ADDRESS_CLAIM, key)
        if found is None:
            fresh: Json = {
                "apiVersion": IP_ADDRESS_CLAIM.api_version,
                "kind": IP_ADDRESS_CLAIM.kind,
                "metadata": {"name": key.name, "namespace": key.namespace},
                "spec": {},
            }
            self._shape(fresh, pool)
            return await self._client.create(fresh, field_manager=MANAGER), True
        async with editing(self._client, found, field_manager=MANAGER) as draft:
            self._shape(draft, pool)
        return found, False

    def _shape(self, claim: Json, pool: Json) -> None:
        metadata = claim["metadata"]
        metadata["ownerReferences"] = with_owner(owner_references(claim), reference_to(self._vm))
        if CLAIM_FINALIZER not in finalizers(claim):
            metadata["finalizers"] = [*finalizers(claim), CLAIM_FINALIZER]
        cluster = labels(self._vm).get(CLUSTER_NAME_LABEL, "")
        metadata["labels"] = {**labels(claim), CLUSTER_NAME_LABEL: cluster}
        claim["spec"]["poolRef"] = {name: pool.get(name, "") for name in ("apiGroup", "kind", "name")}

    async def bound(self) -> dict[int, Claimed] | None:
        """What each device got, by its index; None as long as a claim has no address. Raises: AddressTroubleError."""
        addresses: dict[int, list[Json]] = {}
        for index, key, _ in self._wanted():
            claim = await get_or_none(self._client, IP_ADDRESS_CLAIM, key)
            name = get_in(claim or {}, "status", "addressRef", "name", default="")
            address = await get_or_none(self._client, IP_ADDRESS, Key(key.namespace, name)) if name else None
            if address is None:
                return None
            addresses.setdefault(index, []).append(address)
        return card_addresses(self._devices, addresses)

    async def release(self) -> None:
        """Give all claims back: nothing uses the addresses any more."""
        for _, key, _ in self._wanted():
            claim = await get_or_none(self._client, IP_ADDRESS_CLAIM, key)
            if claim is None or not self._is_mine(claim):
                continue
            try:
                async with editing(self._client, claim, field_manager=MANAGER) as draft:
                    draft["metadata"]["finalizers"] = [name for name in finalizers(claim) if name != CLAIM_FINALIZER]
                if not is_deleting(claim):
                    await self._client.delete(
                        IP_ADDRESS_CLAIM, key.name, key.namespace, uid=claim["metadata"].get("uid", "")
                    )
            except ApiError as error:
                if not error.is_not_found:
                    raise

    def _is_mine(self, claim: Json) -> bool:
        uid = self._vm["metadata"]["uid"]
        return any(reference.get("uid") == uid for reference in owner_references(claim))


def report_claims(report: Reporter, claims: Sequence[Json], created: int) -> None:
    """Set the condition from the claims' own Ready, or, where their provider reports none, from their number."""
    if not claims:
        report.set(IP_CLAIMS, True, "NotFulfilled")
        return
    if all(find(get_in(claim, "status", "conditions"), READY) is not None for claim in claims):
        report.aggregate_old(OLD_CLAIMED, claims)
        report.merge(IP_CLAIMS, aggregate(claims, READY), CLAIMS_WORDS)
        return
    total = len(claims)
    open_ = sum(not get_in(claim, "status", "addressRef", "name") for claim in claims)
    if not open_:
        report.set(IP_CLAIMS, True, "Fulfilled")
        report.set_old(OLD_CLAIMED, True)
    elif created:
        text = f"{created}/{total} claims being created"
        report.fail(
            IP_CLAIMS, "IPAddressClaimsBeingCreated", text, (OLD_CLAIMED, "IPAddressClaimsBeingCreated", "Info")
        )
    else:
        reason, text = "WaitingForIPAddress", f"{open_}/{total} claims being processed"
        report.fail(IP_CLAIMS, reason, text, (OLD_CLAIMED, reason, "Info"))


def card_addresses(devices: Sequence[Json], addresses: dict[int, list[Json]]) -> dict[int, Claimed]:
    """What each card is to be given of the IPAddress objects of its pools. Pure. Raises: AddressTroubleError."""
    errors: list[str] = []
    cards = {index: _card(index, devices[index], found, errors) for index, found in sorted(addresses.items())}
    if errors:
        raise AddressTroubleError("\n".join(errors))
    return cards


def _card(index: int, device: Json, addresses: Sequence[Json], errors: list[str]) -> Claimed:
    taken: list[str] = []
    gateways = {4: "", 6: ""}
    for obj in addresses:
        spec, name = obj["spec"], str(Key.of(obj))
        text = f"{spec['address']}/{spec.get('prefix', 0)}"
        address = _address(text)
        if address is None:
            errors.append(f'IPAddress {name} has invalid ip address: "{text}"')
        elif text in taken:
            errors.append(f'IPAddress {name} is a duplicate of another address: "{text}"')
        elif problem := _gateway_problem(index, device, obj, address, gateways):
            errors.append(problem)
        else:
            gateways[address.version] = spec.get("gateway") or gateways[address.version]
            taken.append(text)
    return Claimed(tuple(taken), gateways[4], gateways[6])


def _address(text: str) -> Address | None:
    try:
        block_of(text)
        return parse_address(text.rpartition("/")[0])
    except IPRangeError:
        return None


def _gateway_problem(index: int, device: Json, obj: Json, address: Address, gateways: dict[int, str]) -> str:
    """Why the gateway of an IPAddress does not fit its card; empty when it does, or there is none."""
    key, text = Key.of(obj), obj["spec"].get("gateway", "")
    if not text:
        return ""
    try:
        version = parse_address(text).version
    except IPRangeError:
        return f'IPAddress {key} has invalid gateway: "{text}"'
    if version != address.version:
        return f"IPAddress {key} has mismatched gateway and address IP families"
    if device.get(f"gateway{version}", "") not in ("", text):
        return (
            f"the IPv{version} Gateway for IPAddress {key.name} does not match the Gateway{version} already configured "
            f"on device (index {index})"
        )
    if gateways[version] not in ("", text):
        return f"the IPv{version} IPAddresses assigned to the same device (index {index}) do not have the same gateway"
    return ""
