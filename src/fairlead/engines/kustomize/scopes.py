"""The built-in kinds that are cluster-scoped, as "apiVersion|kind".

Source: the OpenAPI of Kubernetes 1.21.2 as kustomize 5.8.2 embeds it, and kyaml v0.21.2 openapi.go.
Written by tests/peer/record_kustomize_schema.py; do not edit.
"""

CLUSTER_SCOPED = frozenset(
    [
        "admissionregistration.k8s.io/v1beta1|MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1beta1|ValidatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1|MutatingWebhookConfiguration",
        "admissionregistration.k8s.io/v1|ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io/v1|ValidatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io/v1|ValidatingWebhookConfiguration",
        "apiextensions.k8s.io/v1beta1|CustomResourceDefinition",
        "apiextensions.k8s.io/v1|CustomResourceDefinition",
        "apiregistration.k8s.io/v1beta1|APIService",
        "apiregistration.k8s.io/v1|APIService",
        "certificates.k8s.io/v1beta1|CertificateSigningRequest",
        "certificates.k8s.io/v1|CertificateSigningRequest",
        "flowcontrol.apiserver.k8s.io/v1beta1|FlowSchema",
        "flowcontrol.apiserver.k8s.io/v1beta1|PriorityLevelConfiguration",
        "networking.k8s.io/v1beta1|IngressClass",
        "networking.k8s.io/v1|IngressClass",
        "node.k8s.io/v1beta1|RuntimeClass",
        "node.k8s.io/v1|RuntimeClass",
        "policy/v1beta1|PodSecurityPolicy",
        "rbac.authorization.k8s.io/v1beta1|ClusterRole",
        "rbac.authorization.k8s.io/v1beta1|ClusterRoleBinding",
        "rbac.authorization.k8s.io/v1|ClusterRole",
        "rbac.authorization.k8s.io/v1|ClusterRoleBinding",
        "scheduling.k8s.io/v1beta1|PriorityClass",
        "scheduling.k8s.io/v1|PriorityClass",
        "storage.k8s.io/v1beta1|CSIDriver",
        "storage.k8s.io/v1beta1|CSINode",
        "storage.k8s.io/v1beta1|StorageClass",
        "storage.k8s.io/v1beta1|VolumeAttachment",
        "storage.k8s.io/v1|CSIDriver",
        "storage.k8s.io/v1|CSINode",
        "storage.k8s.io/v1|StorageClass",
        "storage.k8s.io/v1|VolumeAttachment",
        "v1|ComponentStatus",
        "v1|Namespace",
        "v1|Node",
        "v1|NodeProxyOptions",
        "v1|PersistentVolume",
    ]
)
