"""Why a MachineSet should not make machines now. Pure.

Source: cluster-api v1.14, core/reconcilers/machineset/machineset_preflight.go, internal/contract/controlplane.go.
The checks that upstream ships are on: ControlPlaneIsStable, KubernetesVersionSkew, KubeadmVersionSkew.
"""

from fairlead.base.objects import Json, Key, annotations, get_in
from fairlead.engines.semver import SemverError, Version, parse_version

SKIP = "machineset.cluster.x-k8s.io/skip-preflight-checks"
STABLE, SKEW, KUBEADM_SKEW = "ControlPlaneIsStable", "KubernetesVersionSkew", "KubeadmVersionSkew"
SUPPORTED_SKEW = 3


def preflight(machine_set: Json, plane: Json | None, bootstrap_template: Json | None) -> list[str]:
    """The checks that fail, in upstream's words; empty when machines may be made."""
    text = annotations(machine_set).get(SKIP) or annotations(bootstrap_template or {}).get(SKIP, "")
    skipped = {name.strip() for name in text.split(",")}
    wanted = _version(get_in(plane or {}, "spec", "version"))
    if plane is None or wanted is None or "All" in skipped:
        return []
    failed = []
    if STABLE not in skipped:
        failed += _unstable(plane, wanted)
    mine = _version(get_in(machine_set, "spec", "template", "spec", "version"))
    if mine is not None:
        if SKEW not in skipped:
            failed += _skew(mine, wanted)
        if KUBEADM_SKEW not in skipped and _uses_kubeadm(machine_set) and mine.minor != wanted.minor:
            why = "kubeadm only supports joining with the same major+minor version as the control plane"
            failed.append(_refusal(mine, wanted, "kubeadm version skew policy", why, KUBEADM_SKEW))
    return failed


def _unstable(plane: Json, wanted: Version) -> list[str]:
    title = f"{plane['kind']} {Key.of(plane)}"
    listed = [entry["version"] for entry in get_in(plane, "status", "versions", default=())]
    told = listed or [text for text in (get_in(plane, "status", "version"),) if text]
    if not told:
        return [f'{title} is provisioning ("{STABLE}" preflight check failed)']
    for have in map(_version, told):
        if have is not None and (wanted.compare(have) > 0 or _rebuilt(wanted, have)):
            return [f'{title} is upgrading ("{STABLE}" preflight check failed)']
    return []


def _rebuilt(one: Version, other: Version) -> bool:
    return one.compare(other) == 0 and one.metadata != other.metadata


def _skew(mine: Version, plane: Version) -> list[str]:
    policy = "the kubernetes version skew policy"
    if mine.minor > plane.minor:
        return [_refusal(mine, plane, policy, "MachineSet version is higher than ControlPlane version", SKEW)]
    if mine.minor < plane.minor - SUPPORTED_SKEW:
        why = f"MachineSet version is more than {SUPPORTED_SKEW} minor versions older than the ControlPlane version"
        return [_refusal(mine, plane, policy, why, SKEW)]
    return []


def _refusal(mine: Version, plane: Version, policy: str, why: str, check: str) -> str:
    both = f"MachineSet version ({mine}) and ControlPlane version ({plane})"
    return f'{both} do not conform to {policy} as {why} ("{check}" preflight check failed)'


def _uses_kubeadm(machine_set: Json) -> bool:
    reference = get_in(machine_set, "spec", "template", "spec", "bootstrap", "configRef", default={})
    kubeadm = "bootstrap.cluster.x-k8s.io"
    return bool(reference.get("kind") == "KubeadmConfigTemplate" and reference.get("apiGroup") == kubeadm)


def _version(text: str | None) -> Version | None:
    try:
        return parse_version(text) if text else None
    except SemverError:
        return None
