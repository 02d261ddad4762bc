"""What upstream's admission webhooks fill in and refuse, for the kubeadm kinds.

Source: cluster-api v1.14, controlplane/kubeadm/webhooks/admission, bootstrap/kubeadm/webhooks/admission.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead.api.clusterapi.metadatarules import metadata, taints
from fairlead.api.clusterapi.rules import SEMVER, is_semver, naming
from fairlead.api.kind import Admission, Problem
from fairlead.api.problems import forbidden, invalid, required
from fairlead.base.objects import Json, copy, get_in
from fairlead.engines.merge.patches import diff_merge

CA_DAYS = 3650  # what a CA lives when nothing is asked for
WHOLE_PERCENT = 100
_TAG = re.compile(r"[\w][\w.-]{0,127}")
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
    config = admission.new["spec"].get("kubeadmConfigSpec") or {}
    return [*problems, *_config(config, _KUBEADM), *_timeouts(config, _KUBEADM)]


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
    yield from taints(get_in(spec, "machineTemplate", "spec", "taints"), "spec.machineTemplate.spec.taints")
    yield from metadata(get_in(spec, "machineTemplate", "metadata"), "spec.machineTemplate.metadata")
    if not is_semver(spec["version"]):
        yield invalid("spec.version", spec["version"], "must be a valid semantic version")
    surge = get_in(spec, "rollout", "strategy", "rollingUpdate", "maxSurge")
    path = "spec.rollout.strategy.rollingUpdate"
    if surge in (0, "0") and replicas < 3:
        text = "when KubeadmControlPlane is configured to scale-in, replica count needs to be at least 3"
        yield required(path, text)
    if surge is not None and surge not in (0, 1, "0", "1"):
        yield required(f"{path}.maxSurge", "value must be 1 or 0")
    yield from _validity(spec, "spec")
    yield from naming(spec, "spec.machineNaming")


def _validity(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """Certificates may not outlive their CA, nor be renewed before they are made."""
    config = get_in(spec, "kubeadmConfigSpec", "clusterConfiguration", default={})
    days, ca_days = config.get("certificateValidityPeriodDays"), config.get("caCertificateValidityPeriodDays")
    if not days:
        return
    field = f"{path}.kubeadmConfigSpec.clusterConfiguration.certificateValidityPeriodDays"
    most = "must be less than or equal to"
    if ca_days and days > ca_days:
        yield invalid(field, days, f"{most} caCertificateValidityPeriodDays ({ca_days})")
    elif not ca_days and days > CA_DAYS:
        yield invalid(field, days, f"{most} the default value of caCertificateValidityPeriodDays ({CA_DAYS})")
    before = get_in(spec, "rollout", "before", "certificatesExpiryDays", default=0)
    if before >= days:
        text = f"must be less than certificateValidityPeriodDays ({days})"
        yield invalid(f"{path}.rollout.before.certificatesExpiryDays", before, text)


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
    yield from _tags(get_in(admission.new, *path.split(".")[:-1], default={}), path.removesuffix(".etcd"))
    etcd = get_in(admission.new, *path.split("."), default={})
    if etcd.get("local") and etcd.get("external"):
        yield forbidden(f"{path}.local", "cannot have both external and local etcd")
    if admission.old is not None:
        old = get_in(admission.old, *path.split("."), default={})
        if bool(etcd.get("external")) != bool(old.get("external")):
            yield forbidden(f"{path}.external", "cannot change between external and local etcd")


def _tags(config: Mapping[str, Any], path: str) -> Iterator[Problem]:
    for part in (("dns",), ("etcd", "local")):
        tag = get_in(config, *part, "imageTag", default="")
        if tag and not _TAG.fullmatch(tag):
            yield forbidden(f"{path}.{'.'.join(part)}.imageTag", f"tag {tag} is invalid")


def validate_control_plane_template(admission: Admission) -> Sequence[Problem]:
    path = "spec.template.spec"
    spec = get_in(admission.new, *path.split("."), default={})
    if admission.old is not None:
        if spec == get_in(admission.old, *path.split("."), default={}):
            return []
        text = f"KubeadmControlPlaneTemplate {path} field is immutable. Please create new resource instead."
        return [invalid(path, admission.new, text)]
    kubeadm = f"{path}.kubeadmConfigSpec"
    config = spec.get("kubeadmConfigSpec") or {}
    return [
        *_validity(spec, path),
        *naming(spec, f"{path}.machineNaming"),
        *_tags(config.get("clusterConfiguration") or {}, f"{kubeadm}.clusterConfiguration"),
        *_config(config, kubeadm),
        *_timeouts(config, kubeadm),
    ]


def validate_config(admission: Admission) -> Sequence[Problem]:
    return list(_config(admission.new.get("spec") or {}, "spec"))


def validate_config_template(admission: Admission) -> Sequence[Problem]:
    return list(_config(get_in(admission.new, "spec", "template", "spec", default={}), "spec.template.spec"))


def _config(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """The rules for a KubeadmConfigSpec at *path*."""
    yield from _files(spec.get("files") or (), f"{path}.files")
    for index, user in enumerate(spec.get("users") or ()):
        if user.get("passwd") and user.get("passwdFrom"):
            text = "only one of passwd or passwdFrom may be specified for a single user"
            yield invalid(f"{path}.users[{index}]", user, text)
    yield from _ignition(spec, path)
    for index, part in enumerate(get_in(spec, "diskSetup", "partitions", default=())):
        total = sum(piece.get("percentage", 0) for piece in part.get("diskLayout") or ())
        if total > WHOLE_PERCENT:
            text = "the sum of all partition percentages must not be greater than 100"
            yield invalid(f"{path}.diskSetup.partitions[{index}].diskLayout", total, text)
    user = get_in(spec, "joinConfiguration", "discovery", "file", "kubeConfig", "user", default={})
    if user.get("authProvider") and user.get("exec"):
        where = f"{path}.joinConfiguration.discovery.file.kubeconfig.user"
        yield invalid(where, user, "only one of authProvider or exec must be defined")


def _files(files: Sequence[Mapping[str, Any]], path: str) -> Iterator[Problem]:
    known: set[str] = set()
    for index, file in enumerate(files):
        where = f"{path}[{index}]"
        if file.get("content") and file.get("contentFrom"):
            yield invalid(where, file, "only one of content or contentFrom may be specified for a single file")
        if file.get("path") in known:
            yield invalid(f"{where}.path", file, "path property must be unique among all files")
        known.add(file.get("path", ""))


def _ignition(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """What Ignition cannot do is refused where it is asked for."""
    if spec.get("format") != "ignition":
        if spec.get("ignition"):
            text = 'must be set to "ignition" if spec.ignition is set'
            yield invalid(f"{path}.format", spec.get("format", ""), text)
        return
    cannot = 'not supported when spec.format is set to: "ignition"'
    for index, user in enumerate(spec.get("users") or ()):
        if user.get("inactive"):
            yield forbidden(f"{path}.users[{index}].inactive", cannot)
    for index, file in enumerate(spec.get("files") or ()):
        if file.get("encoding") in ("gzip", "gzip+base64"):
            yield forbidden(f"{path}.files[{index}].encoding", cannot)
    if spec.get("bootCommands") is not None:
        yield forbidden(f"{path}.bootCommands", cannot)
    disks = spec.get("diskSetup") or {}
    for index, part in enumerate(disks.get("partitions") or ()):
        if part.get("tableType") not in (None, "", "gpt"):
            text = 'only partition type "gpt" is supported when spec.format is set to "ignition"'
            yield invalid(f"{path}.diskSetup.partitions[{index}].tableType", part["tableType"], text)
    for index, system in enumerate(disks.get("filesystems") or ()):
        for name in ("replaceFS", "partition"):
            if system.get(name):
                yield forbidden(f"{path}.diskSetup.filesystems[{index}].{name}", cannot)


def _timeouts(spec: Mapping[str, Any], path: str) -> Iterator[Problem]:
    """kubeadm's older API knows one time for both: init and join must agree."""
    name = "controlPlaneComponentHealthCheckSeconds"
    parts = ("initConfiguration", "joinConfiguration")
    values = [get_in(spec, part, "timeouts", name) for part in parts]
    if values[0] == values[1]:
        return
    told = ["unset" if value is None else str(value) for value in values]
    text = (
        f"{name} must be set to the same value both in initConfiguration.timeouts ({told[0]}) "
        f"and in joinConfiguration.timeouts ({told[1]})"
    )
    for part, value in zip(parts, told, strict=True):
        yield invalid(f"{path}.{part}.timeouts.{name}", value, text)
