"""What upstream's admission webhooks refuse, for the kinds of ipam.cluster.x-k8s.io.

Source: cluster-api v1.14, core/webhooks/admission/ipaddress.go and ipaddressclaim.go;
cluster-api-ipam-provider-in-cluster v1.1, internal/webhooks/inclusterippool.go (texts, paths and order are upstream's).
The difference between two specs is told field by field where upstream prints Go values.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fairlead.api.kind import Admission, DeniedError, Problem
from fairlead.api.problems import invalid
from fairlead.base import gojson
from fairlead.base.objects import GVK, Json, annotations
from fairlead.engines.ipranges import (
    IPRangeError,
    IPSet,
    block_of,
    parse_address,
    parse_set,
    parse_sets,
    reserved,
    single,
    union,
)

IP_ADDRESS = GVK("ipam.cluster.x-k8s.io", "v1beta2", "IPAddress")
IP_ADDRESS_CLAIM = GVK("ipam.cluster.x-k8s.io", "v1beta2", "IPAddressClaim")
SKIP_DELETE_RULE = "ipam.cluster.x-k8s.io/skip-validate-delete-webhook"
MAX_PREFIX = {4: 32, 6: 128}
_NO_ADDRESS = "provided address is not a valid IP, range, nor CIDR"
_MIXED = "provided addresses are of mixed IP families"


# IPAddress and IPAddressClaim


def validate_claim(admission: Admission) -> Sequence[Problem]:
    """Refuse a changed spec."""
    if admission.operation == "UPDATE":
        _unchanged("IPAddressClaim", admission)
    return ()


def validate_address(admission: Admission) -> Sequence[Problem]:
    """Refuse what is no address, or belongs to another pool than its claim asks; later any change of the spec."""
    if admission.operation == "UPDATE":
        _unchanged("IPAddress", admission)
    if admission.operation == "CREATE":
        texts = [f"{each.field}: {each.message}" for each in _address_problems(admission)]
        if texts:
            raise DeniedError(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")
    return ()


def _unchanged(kind: str, admission: Admission) -> None:
    """Raises: DeniedError naming the fields of the spec that differ."""
    before, after = (admission.old or {}).get("spec") or {}, admission.new.get("spec") or {}
    if before != after:
        diff = "; ".join(_differences(before, after, "spec"))
        raise DeniedError(f"spec: Forbidden: {kind} spec is immutable. Diff: {diff}")


def _differences(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _differences(before.get(name), after.get(name), f"{path}.{name}")
    elif before != after:
        yield f"{path}: {gojson.dumps(before).decode()} became {gojson.dumps(after).decode()}"


def _address_problems(admission: Admission) -> Iterator[Problem]:
    spec = admission.new["spec"]
    prefix = spec.get("prefix", 0)
    try:
        version = parse_address(spec["address"]).version
    except IPRangeError:
        yield invalid("spec.address", spec["address"], "not a valid IP address")
    else:
        if prefix > MAX_PREFIX[version]:
            yield invalid("spec.prefix", prefix, f"prefix is too large for an IPv{version} address")
    gateway = spec.get("gateway", "")
    if gateway and not _is_address(gateway):
        yield invalid("spec.gateway", gateway, "not a valid IP address")
    claim = admission.get(IP_ADDRESS_CLAIM, admission.new["metadata"].get("namespace", ""), spec["claimRef"]["name"])
    if claim is not None and claim["spec"]["poolRef"] != spec["poolRef"]:
        text = "the referenced pool is different from the pool referenced by the claim this address should fulfill"
        yield invalid("spec.poolRef", spec["poolRef"], text)


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except IPRangeError:
        return False
    return True


# Pools


def addresses_in_use(admission: Admission) -> Iterator[Json]:
    """The IPAddress objects of the pool that is judged."""
    pool = admission.new
    for address in admission.all(IP_ADDRESS, pool["metadata"].get("namespace", "")):
        reference = address["spec"]["poolRef"]
        same = reference["kind"] == pool["kind"] and reference["name"] == pool["metadata"]["name"]
        if same and reference["apiGroup"] == IP_ADDRESS.group:
            yield address


def validate_pool(admission: Admission) -> Sequence[Problem]:
    """Refuse unusable addresses, and changes and deletions that those who have an address would feel."""
    if admission.operation == "DELETE":
        _check_deletion(admission)
        return ()
    spec = admission.new.get("spec") or {}
    problems = _pool_problems(spec)
    if not problems and admission.operation == "UPDATE":
        _keep_used(admission, spec)
    return problems


def _check_deletion(admission: Admission) -> None:
    if SKIP_DELETE_RULE in annotations(admission.new):
        return
    if next(addresses_in_use(admission), None) is not None:
        text = "Pool has IPAddresses allocated. Cannot delete Pool until all IPAddresses have been removed."
        raise DeniedError(text, 400, "BadRequest")


def _keep_used(admission: Admission, spec: Json) -> None:
    """Raises: DeniedError when an address that was given out is not in the pool any more."""
    used = []
    for address in addresses_in_use(admission):
        try:
            used.append(single(parse_address(address["spec"]["address"])))
        except IPRangeError:
            continue  # what is no address is in no pool
    lost = union(used).without(allocatable(spec))
    if lost.ranges:
        shown = " ".join(map(str, lost.ranges))
        raise DeniedError(f"pool addresses do not contain allocated addresses: [{shown}]", 400, "BadRequest")


def allocatable(spec: Json) -> IPSet:
    """The addresses that a pool may give out. Raises: IPRangeError."""
    addresses = parse_sets(spec.get("addresses") or ())
    cut = parse_sets(spec.get("excludedAddresses") or ())
    if addresses.ranges and not spec.get("allocateReservedIPAddresses"):
        cut = union((cut, reserved(addresses, spec.get("prefix", 0))))
    if spec.get("gateway"):
        cut = union((cut, single(parse_address(spec["gateway"]))))
    return addresses.without(cut)


def _pool_problems(spec: Json) -> list[Problem]:
    addresses, excluded = spec.get("addresses") or [], spec.get("excludedAddresses") or []
    problems = [] if addresses else [invalid("spec.addresses", addresses, "addresses is required")]
    mine = _families("spec.addresses", addresses, problems)
    problems += _gateway(spec.get("gateway", ""), mine)
    others = _families("spec.excludedAddresses", excluded, problems)
    if any(one != other for one in mine for other in others):
        text = "addresses and excluded addresses are of mixed IP families"
        problems.append(invalid("spec.excludedAddresses", excluded, text))
    return problems or list(_outside_subnet(spec))


def _families(path: str, texts: Sequence[str], problems: list[Problem]) -> frozenset[int]:
    """The families of the addresses in *texts*; what is wrong with them goes to *problems*."""
    families: frozenset[int] = frozenset()
    for text in texts:
        try:
            families |= parse_set(text).versions
        except IPRangeError:
            problems.append(invalid(path, text, _NO_ADDRESS))
    if len(families) > 1:
        problems.append(invalid(path, texts, _MIXED))
    return families


def _gateway(gateway: str, families: frozenset[int]) -> Iterator[Problem]:
    if not gateway:
        return
    try:
        version = parse_address(gateway).version
    except IPRangeError as error:
        yield invalid("spec.gateway", gateway, str(error))
        return
    if families - {version}:
        yield invalid("spec.gateway", gateway, "provided gateway and addresses are of mixed IP families")


def _outside_subnet(spec: Json) -> Iterator[Problem]:
    """All addresses must lie in the subnet of the lowest one."""
    lowest = parse_sets(spec["addresses"]).lowest
    try:
        subnet = block_of(f"{lowest}/{spec['prefix']}")
    except IPRangeError:
        yield invalid("spec.prefix", spec["prefix"], "provided prefix is not valid")
        return
    for text in spec["addresses"]:
        if not subnet.covers(parse_set(text)):
            yield invalid("spec.addresses", text, "provided address belongs to a different subnet than others")
