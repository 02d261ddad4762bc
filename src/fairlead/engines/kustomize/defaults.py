"""The fields that transformers know from the start.

Source: kustomize api v0.21.2 internal/konfig/builtinpluginconsts.
Where two fields of a kind can be the same one, their order is upstream's.
"""

from __future__ import annotations

from fairlead.engines.kustomize.fields import FieldSpec

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from fairlead.engines.kustomize.configuration import Reference

_POD = {
    "Pod": "spec",
    "PodTemplate": "template/spec",
    "Deployment": "spec/template/spec",
    "ReplicaSet": "spec/template/spec",
    "DaemonSet": "spec/template/spec",
    "StatefulSet": "spec/template/spec",
    "Job": "spec/template/spec",
    "CronJob": "spec/jobTemplate/spec/template/spec",
}
_CONFIG_MAP_FIELDS = (
    "volumes/configMap/name",
    "containers/env/valueFrom/configMapKeyRef/name",
    "initContainers/env/valueFrom/configMapKeyRef/name",
    "containers/envFrom/configMapRef/name",
    "initContainers/envFrom/configMapRef/name",
    "volumes/projected/sources/configMap/name",
)
_SECRET_FIELDS = (
    "volumes/secret/secretName",
    "containers/env/valueFrom/secretKeyRef/name",
    "initContainers/env/valueFrom/secretKeyRef/name",
    "containers/envFrom/secretRef/name",
    "initContainers/envFrom/secretRef/name",
    "imagePullSecrets/name",
    "volumes/projected/sources/secret/name",
)
_WORKLOADS = {
    "Pod": "spec",
    **dict.fromkeys(("StatefulSet", "Deployment", "ReplicationController"), "spec/template/spec"),
    "CronJob": "spec/jobTemplate/spec/template/spec",
    **dict.fromkeys(("Job", "DaemonSet"), "spec/template/spec"),
}
_RBAC = "rbac.authorization.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_AFFINITIES = tuple(
    f"spec/template/spec/affinity/{kind}/{when}/labelSelector/matchLabels"
    for kind in ("podAffinity", "podAntiAffinity")
    for when in (
        "preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
        "requiredDuringSchedulingIgnoredDuringExecution",
    )
)


def name_prefix() -> Iterator[FieldSpec]:
    yield FieldSpec("metadata/name")


def namespace() -> Iterator[FieldSpec]:
    yield FieldSpec("metadata/name", kind="Namespace", create=True)
    yield FieldSpec("spec/service/namespace", "apiregistration.k8s.io", kind="APIService", create=True)
    yield FieldSpec(
        "spec/conversion/webhook/clientConfig/service/namespace",
        "apiextensions.k8s.io",
        kind="CustomResourceDefinition",
    )


def template_labels() -> Iterator[FieldSpec]:
    yield FieldSpec("metadata/labels", create=True)
    template = "spec/template/metadata/labels"
    yield FieldSpec(template, version="v1", kind="ReplicationController", create=True)
    for kind in ("Deployment", "ReplicaSet", "DaemonSet"):
        yield FieldSpec(template, kind=kind, create=True)
    yield FieldSpec(template, "apps", kind="StatefulSet", create=True)
    yield FieldSpec(template, "batch", kind="Job", create=True)
    yield FieldSpec("spec/jobTemplate/metadata/labels", "batch", kind="CronJob", create=True)
    yield FieldSpec("spec/jobTemplate/spec/template/metadata/labels", "batch", kind="CronJob", create=True)


def volume_claim_labels() -> Iterator[FieldSpec]:
    yield FieldSpec("spec/volumeClaimTemplates[]/metadata/labels", "apps", kind="StatefulSet", create=True)


def common_labels() -> Iterator[FieldSpec]:
    yield FieldSpec("spec/selector", version="v1", kind="Service", create=True)
    yield FieldSpec("spec/selector", version="v1", kind="ReplicationController", create=True)
    match = "spec/selector/matchLabels"
    yield FieldSpec(match, kind="Deployment", create=True)
    yield from _spread("Deployment")
    yield FieldSpec(match, kind="ReplicaSet", create=True)
    yield FieldSpec(match, kind="DaemonSet", create=True)
    yield FieldSpec(match, "apps", kind="StatefulSet", create=True)
    yield from _spread("StatefulSet")
    yield FieldSpec(match, "batch", kind="Job")
    yield FieldSpec("spec/jobTemplate/spec/selector/matchLabels", "batch", kind="CronJob")
    yield FieldSpec(match, "policy", kind="PodDisruptionBudget")
    for place in ("spec/podSelector", "spec/ingress/from/podSelector", "spec/egress/to/podSelector"):
        yield FieldSpec(f"{place}/matchLabels", "networking.k8s.io", kind="NetworkPolicy")
    yield from template_labels()
    yield from volume_claim_labels()


def _spread(kind: str) -> Iterator[FieldSpec]:
    for path in _AFFINITIES:
        yield FieldSpec(path, "apps", kind=kind)
    yield FieldSpec("spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels", "apps", kind=kind)


def common_annotations() -> Iterator[FieldSpec]:
    yield FieldSpec("metadata/annotations", create=True)
    template = "spec/template/metadata/annotations"
    yield FieldSpec(template, version="v1", kind="ReplicationController", create=True)
    for kind in ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"):
        yield FieldSpec(template, kind=kind, create=True)
    yield FieldSpec(template, "batch", kind="Job", create=True)
    yield FieldSpec("spec/jobTemplate/metadata/annotations", "batch", kind="CronJob", create=True)
    yield FieldSpec("spec/jobTemplate/spec/template/metadata/annotations", "batch", kind="CronJob", create=True)


def images() -> Iterator[FieldSpec]:
    for spec in ("spec", "spec/template/spec"):
        for part in ("containers[]/image", "initContainers[]/image", "volumes[]/image/reference"):
            yield FieldSpec(f"{spec}/{part}", create=True)
    yield FieldSpec("spec/jobTemplate/spec/template/spec/volumes[]/image/reference", create=True)


def replicas() -> Iterator[FieldSpec]:
    for kind in ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"):
        yield FieldSpec("spec/replicas", kind=kind, create=True)


def var_references() -> Iterator[FieldSpec]:
    containers = [
        f"{name}/{field}"
        for name in ("containers", "initContainers")
        for field in ("args", "command", "env/value", "volumeMounts/mountPath")
    ]
    for kind in ("CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"):
        for path in containers:
            yield FieldSpec(f"{_POD[kind]}/{path}", kind=kind)
    yield FieldSpec("spec/jobTemplate/spec/template/volumes/nfs/server", kind="CronJob")
    for kind in ("DaemonSet", "Deployment", "Job", "ReplicaSet"):
        yield FieldSpec("spec/template/spec/volumes/nfs/server", kind=kind)
    yield FieldSpec("spec/volumes/nfs/server", kind="Pod")
    yield FieldSpec("spec/volumeClaimTemplates/spec/nfs/server", kind="StatefulSet")
    yield FieldSpec("spec/nfs/server", kind="PersistentVolume")
    yield FieldSpec("spec/template/metadata/annotations", kind="Deployment")
    for path in ("spec/rules/host", "spec/tls/hosts", "spec/tls/secretName"):
        yield FieldSpec(path, kind="Ingress")
    yield FieldSpec("spec/ports/port", kind="Service")
    yield FieldSpec("spec/ports/targetPort", kind="Service")
    yield FieldSpec("metadata/labels")
    yield FieldSpec("metadata/annotations")


def name_references() -> Iterator[Reference]:
    for kind in ("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"):
        yield ("", "", kind), (FieldSpec("spec/scaleTargetRef/name", kind="HorizontalPodAutoscaler"),)
    yield (
        ("", "v1", "ConfigMap"),
        (
            *_in_pods(_CONFIG_MAP_FIELDS),
            FieldSpec("spec/configSource/configMap", kind="Node"),
            *_resource_names("Role", "ClusterRole"),
            FieldSpec(r"metadata/annotations/nginx.ingress.kubernetes.io\/fastcgi-params-configmap", kind="Ingress"),
        ),
    )
    yield ("", "v1", "Secret"), tuple(_secret_users())
    yield ("", "v1", "Service"), tuple(_service_users())
    role = FieldSpec("roleRef/name", _RBAC, kind="RoleBinding")
    yield (_RBAC, "", "Role"), (role,)
    yield (_RBAC, "", "ClusterRole"), (role, FieldSpec("roleRef/name", _RBAC, kind="ClusterRoleBinding"))
    yield (
        ("", "v1", "ServiceAccount"),
        (
            FieldSpec("subjects", _RBAC, kind="RoleBinding"),
            FieldSpec("subjects", _RBAC, kind="ClusterRoleBinding"),
            *_in_workloads("serviceAccountName"),
        ),
    )
    yield ("", "v1", "PersistentVolumeClaim"), tuple(_in_workloads("volumes/persistentVolumeClaim/claimName"))
    yield (
        ("", "v1", "PersistentVolume"),
        (
            FieldSpec("spec/volumeName", kind="PersistentVolumeClaim"),
            *_resource_names("ClusterRole"),
        ),
    )
    yield (
        ("storage.k8s.io", "v1", "StorageClass"),
        (
            FieldSpec("spec/storageClassName", kind="PersistentVolume"),
            FieldSpec("spec/storageClassName", kind="PersistentVolumeClaim"),
            FieldSpec("spec/volumeClaimTemplates/spec/storageClassName", kind="StatefulSet"),
        ),
    )
    yield ("scheduling.k8s.io", "v1", "PriorityClass"), tuple(_in_workloads("priorityClassName"))
    # Upstream's group is this, with the version in it, so nothing is ever found.
    yield ("networking.k8s.io/v1", "v1", "IngressClass"), (FieldSpec("spec/ingressClassName", kind="Ingress"),)
    yield (
        (_ADMISSION, "", "ValidatingAdmissionPolicy"),
        (FieldSpec("spec/policyName", _ADMISSION, kind="ValidatingAdmissionPolicyBinding"),),
    )


def _in_pods(fields: Iterable[str]) -> Iterator[FieldSpec]:
    fields = tuple(fields)
    for kind, spec in _POD.items():
        for field in fields:
            yield FieldSpec(f"{spec}/{field}", version="v1" if kind == "Pod" else "", kind=kind)


def _in_workloads(field: str) -> Iterator[FieldSpec]:
    for kind, spec in _WORKLOADS.items():
        yield FieldSpec(f"{spec}/{field}", kind=kind)


def _resource_names(*kinds: str) -> Iterator[FieldSpec]:
    for kind in kinds:
        yield FieldSpec("rules/resourceNames", kind=kind)


def _secret_users() -> Iterator[FieldSpec]:
    yield from _in_pods(_SECRET_FIELDS)
    yield FieldSpec("spec/tls/secretName", kind="Ingress")
    for name in (
        r"ingress.kubernetes.io\/auth-secret",
        r"nginx.ingress.kubernetes.io\/auth-secret",
        r"nginx.ingress.kubernetes.io\/auth-tls-secret",
    ):
        yield FieldSpec(f"metadata/annotations/{name}", kind="Ingress")
    yield FieldSpec("imagePullSecrets/name", kind="ServiceAccount")
    for name in ("secretName", "adminSecretName", "userSecretName", "secretRef"):
        yield FieldSpec(f"parameters/{name}", kind="StorageClass")
    yield from _resource_names("Role", "ClusterRole")
    yield FieldSpec(
        "spec/template/spec/containers/env/valueFrom/secretKeyRef/name", "serving.knative.dev", "v1", "Service"
    )
    yield FieldSpec("spec/azureFile/secretName", kind="PersistentVolume")


def _service_users() -> Iterator[FieldSpec]:
    yield FieldSpec("spec/serviceName", "apps", kind="StatefulSet")
    for path in (
        "spec/rules/http/paths/backend/serviceName",
        "spec/backend/serviceName",
        "spec/rules/http/paths/backend/service/name",
        "spec/defaultBackend/service/name",
    ):
        yield FieldSpec(path, kind="Ingress")
    yield FieldSpec("spec/service/name", "apiregistration.k8s.io", kind="APIService")
    yield FieldSpec("webhooks/clientConfig/service", _ADMISSION, kind="ValidatingWebhookConfiguration")
    yield FieldSpec("webhooks/clientConfig/service", _ADMISSION, kind="MutatingWebhookConfiguration")


LISTS: Mapping[str, Callable[[], Iterable[FieldSpec]]] = {
    "namePrefix": name_prefix,
    "nameSuffix": name_prefix,
    "namespace": namespace,
    "commonLabels": common_labels,
    "labels": tuple,
    "templateLabels": template_labels,
    "volumeClaimTemplateLabels": volume_claim_labels,
    "commonAnnotations": common_annotations,
    "varReference": var_references,
    "images": images,
    "replicas": replicas,
}
