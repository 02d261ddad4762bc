"""What upstream's admission webhooks fill in and refuse, for the kubeadm kinds.

Source: cluster-api v1.14, controlplane/kubeadm/webhooks/admission, bootstrap/kubeadm/webhooks/admission.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead.api.clusterapi.rules import SEMVER, is_semver, naming
from fairlead.api.kind import Admission, Problem
from fairlead.api.problems import forbidden, invalid, required
from fairlead.base.objects import Json, copy, get_in
from fairlead.engines.merge.patches import diff_merge

_KUBEADM = "spec.kubeadmConfigSpec"
_FREE_KUBEADM = (
    *(f"clusterConfiguration.{name}" for name in ("dns", "imageRepository", "featureGates", "apiServer")),
    *(f"clusterConfiguration.{name}" for name in ("controllerManager", "scheduler", "certificateValidityPeriodDays")),
    "clusterConfiguration.encryptionAlgorithm",
    *(f"initConfiguration.{name}" for name in ("nodeRegistration", "patches", "skipPhases", "bootstrapTokens")),
    *(f"initConfiguration.{name}" for name in ("localAPIEndpoint", "timeouts")),
    *(f"joinConfiguration.{name}" for name in ("nodeRegistration", "patches", "skipPhases", "caCertPath")),
    *(f"joinConfiguration.{name}" for name in ("controlPlane", "discovery", "timeouts")),
    *("bootCommands", "preKubeadmCommands", "postKubeadmCommands", "files", "verbosity", "users", "ntp", "ignition"),
    *("diskSetup", "format", "mounts", "clusterConfiguration.etcd"),
)
FREE = (
    "metadata",
    "status",
    *(f"{_KUBEADM}.{name}" for name in _FREE_KUBEADM),
    *(f"spec.{name}" for name in ("machineTemplate.metadata", "machineTemplate.spec", "replicas", "version")),
    *(f"spec.{name}" for name in ("remediation", "machineNaming", "rollout")),
)


def default_control_plane(admission: Admission) -> Json:
    draft: Json = copy(admission.new)
    spec = draft["spec"]
    spec.setdefault("replicas", 1)
    version = spec.get("version", "")
    spec["version"] = version if version.startswith("v") else f"v{version}"
    strategy = spec.setdefault("rollout", {}).setdefault("strategy", {})
    strategy["type"] = "RollingUpdate"
    strategy.setdefault("rollingUpdate", {}).setdefault("maxSurge", 1)
    return draft


def validate_control_plane(admission: Admission) -> Sequence[Problem]:
    problems = list(_control_plane_spec(admission.new["spec"]))
    if admission.old is not None:
        problems += _modified(admission.old, admission.new)
        problems += _version_step(admission.old["spec"].get("version", ""), admission.new["spec"]["version"])
    problems += _etcd(admission)
    return [*problems, *_config(admission.new["spec"].get("kubeadmConfigSpec") or {}, _KUBEADM)]


def _control_plane_spec(spec: Mapping[str, Any]) -> Iterator[Problem]:
    replicas = spec.get("replicas", 1)
    if replicas <= 0:
        yield forbidden("spec.replicas", "cannot be less than or equal to 0")
    external = get_in(spec, "kubeadmConfigSpec", "clusterConfiguration", "etcd", "external")
    if not external and replicas % 2 == 0:
        yield forbidden("spec.replicas", "cannot be an even number when etcd is stacked")
    reference = get_in(spec, "machineTemplate", "spec", "infrastructureRef", default={})
    for name in ("apiGroup", "kind", "name"):
        if not reference.get(name):
            yield invalid(f"spec.machineTemplate.infrastructure.{name}", "", "cannot be empty")
    if not is_semver(spec["version"]):
        yield invalid("spec.version", spec["version"], "must be a valid semantic version")
    surge = get_in(spec, "rollout", "strategy", "rollingUpdate", "maxSurge")
    path = "spec.rollout.strategy.rollingUpdate"
    if surge in (0, "0") and replicas < 3:
        text = "when KubeadmControlPlane is configured to scale-in, replica count needs to be at least 3"
        yield required(path, text)
    if surge is not None and surge not in (0, 1, "0", "1"):
        yield required(f"{path}.maxSurge", "value must be 1 or 0")
    yield from naming(spec, "spec.machineNaming")


def _modified(old: Json, new: Json) -> Iterator[Problem]:
    """Fields that may not change once the control plane exists."""
    for path in sorted(_changed(diff_merge(old, new), "")):
        if not any(path == free or path.startswith(f"{free}.") for free in FREE):
            yield forbidden(path, "cannot be modified")


def _changed(diff: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in diff.items():
        path = f"{prefix}.{name}" if prefix else name
        if isinstance(value, Mapping) and value:
            yield from _changed(value, path)
        else:
            yield path


def _version_step(old: str, new: str) -> Iterator[Problem]:
    before, after = SEMVER.match(old.removeprefix("v")), SEMVER.match(new.removeprefix("v"))
    if before is None or after is None:
        return
    (major, minor), (new_major, new_minor) = [tuple(map(int, m.group(1, 2))) for m in (before, after)]
    if new_major > major or new_minor > minor + 1:
        yield forbidden("spec.version", f"cannot update Kubernetes version from {old} to {new}")


def _etcd(admission: Admission) -> Iterator[Problem]:
    path = "spec.kubeadmConfigSpec.clusterConfiguration.etcd"
    etcd = get_in(admission.new, *path.split("."), default={})
    if etcd.get("local") and etcd.get("external"):
        yield forbidden(f"{path}.local", "cannot have both external and local etcd")
    if admission.old is not None:
        old = get_in(admission.old, *path.split("."), default={})
        if bool(etcd.get("external")) != bool(old.get("external")):
            yield forbidden(f"{path}.external", "cannot change between external and local etcd")


def validate_config(admission: Admission) -> Sequence[Problem]:
    return list(_config(admission.new.get("spec") or {}, "spec"))


def validate_config_template(admission: Admission) -> Sequence[Problem]:
    return list(_config(get_in(admission.new, "spec", "template", "spec", default={}), "spec.template.spec"))


def _config(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """The rules for a KubeadmConfigSpec at *path*."""
    known: set[str] = set()
    for index, file in enumerate(spec.get("files") or ()):
        where = f"{path}.files[{index}]"
        if file.get("content") and file.get("contentFrom"):
            yield invalid(where, file, "only one of content or contentFrom may be specified for a single file")
        if file.get("path") in known:
            yield invalid(f"{where}.path", file["path"], "path property must be unique among all files")
        known.add(file.get("path", ""))
    for index, user in enumerate(spec.get("users") or ()):
        if user.get("passwd") and user.get("passwdFrom"):
            text = "only one of passwd or passwdFrom may be specified for a single user"
            yield invalid(f"{path}.users[{index}]", user, text)
    if spec.get("ignition") and spec.get("format") != "ignition":
        yield invalid(f"{path}.format", spec.get("format", ""), 'must be set to "ignition" if spec.ignition is set')
