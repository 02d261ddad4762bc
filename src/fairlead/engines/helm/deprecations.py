"""Which built-in kinds are deprecated, since when, and what replaces them.

Source: k8s.io/api v0.37 zz_generated.prerelease-lifecycle.go, core/v1/lifecycle.go; the words are
those of k8s.io/apiserver pkg/endpoints/deprecation. A line of the table is:
apiVersion, deprecated in, removed in, replacement's apiVersion, kinds (with
``=`` before the kind that replaces it where the name differs).
"""

from __future__ import annotations

from functools import cache

_TABLE = """
admission.k8s.io/v1beta1 1.19 1.22 admission.k8s.io/v1 AdmissionReview
admissionregistration.k8s.io/v1alpha1 1.35 1.38 - MutatingAdmissionPolicy,MutatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1alpha1 1.35 1.38 - MutatingAdmissionPolicyBindingList,MutatingAdmissionPolicyList
admissionregistration.k8s.io/v1alpha1 1.29 1.32 - ValidatingAdmissionPolicy,ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1alpha1 1.29 1.32 - ValidatingAdmissionPolicyBindingList
admissionregistration.k8s.io/v1alpha1 1.29 1.32 - ValidatingAdmissionPolicyList
admissionregistration.k8s.io/v1beta1 1.37 1.40 admissionregistration.k8s.io/v1 MutatingAdmissionPolicy
admissionregistration.k8s.io/v1beta1 1.37 1.40 admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1beta1 1.37 1.40 admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBindingList
admissionregistration.k8s.io/v1beta1 1.37 1.40 admissionregistration.k8s.io/v1 MutatingAdmissionPolicyList
admissionregistration.k8s.io/v1beta1 1.16 1.22 admissionregistration.k8s.io/v1 MutatingWebhookConfiguration
admissionregistration.k8s.io/v1beta1 1.16 1.22 admissionregistration.k8s.io/v1 MutatingWebhookConfigurationList
admissionregistration.k8s.io/v1beta1 1.16 1.22 admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration
admissionregistration.k8s.io/v1beta1 1.16 1.22 admissionregistration.k8s.io/v1 ValidatingWebhookConfigurationList
admissionregistration.k8s.io/v1beta1 1.31 1.34 - ValidatingAdmissionPolicy,ValidatingAdmissionPolicyBinding
admissionregistration.k8s.io/v1beta1 1.31 1.34 - ValidatingAdmissionPolicyBindingList
admissionregistration.k8s.io/v1beta1 1.31 1.34 - ValidatingAdmissionPolicyList
apidiscovery.k8s.io/v2beta1 1.32 1.35 - APIGroupDiscovery,APIGroupDiscoveryList
apps/v1beta1 1.8 1.16 apps/v1 ControllerRevision,ControllerRevisionList,Deployment,DeploymentList
apps/v1beta1 1.8 1.16 apps/v1 DeploymentRollback,StatefulSet,StatefulSetList
apps/v1beta1 1.8 1.16 autoscaling/v1 Scale
apps/v1beta2 1.9 1.16 apps/v1 ControllerRevision,ControllerRevisionList,DaemonSet,DaemonSetList,Deployment
apps/v1beta2 1.9 1.16 apps/v1 DeploymentList,ReplicaSet,ReplicaSetList,StatefulSet,StatefulSetList
apps/v1beta2 1.9 1.16 autoscaling/v1 Scale
authentication.k8s.io/v1alpha1 1.29 1.32 - SelfSubjectReview
authentication.k8s.io/v1beta1 1.30 1.33 - SelfSubjectReview
authentication.k8s.io/v1beta1 1.19 1.22 authentication.k8s.io/v1 TokenReview
authorization.k8s.io/v1beta1 1.19 1.22 authorization.k8s.io/v1 LocalSubjectAccessReview,SelfSubjectAccessReview
authorization.k8s.io/v1beta1 1.19 1.22 authorization.k8s.io/v1 SelfSubjectRulesReview,SubjectAccessReview
batch/v1beta1 1.21 1.25 batch/v1 CronJob,CronJobList
certificates.k8s.io/v1alpha1 1.34 1.37 - ClusterTrustBundle,ClusterTrustBundleList
certificates.k8s.io/v1beta1 1.19 1.22 certificates.k8s.io/v1 CertificateSigningRequest
certificates.k8s.io/v1beta1 1.19 1.22 certificates.k8s.io/v1 CertificateSigningRequestList
certificates.k8s.io/v1beta1 1.37 1.40 certificates.k8s.io/v1 ClusterTrustBundle,ClusterTrustBundleList
certificates.k8s.io/v1beta1 1.37 1.40 certificates.k8s.io/v1 PodCertificateRequest,PodCertificateRequestList
coordination.k8s.io/v1alpha2 1.35 1.38 - LeaseCandidate,LeaseCandidateList
coordination.k8s.io/v1beta1 1.19 1.22 coordination.k8s.io/v1 Lease,LeaseList
coordination.k8s.io/v1beta1 1.36 1.39 - LeaseCandidate,LeaseCandidateList
discovery.k8s.io/v1beta1 1.21 1.25 discovery.k8s.io/v1 EndpointSlice,EndpointSliceList=EndpointSlice
events.k8s.io/v1beta1 1.22 1.25 - Event,EventList
extensions/v1beta1 1.8 1.16 apps/v1 DaemonSet,DaemonSetList,Deployment,DeploymentList,ReplicaSet,ReplicaSetList
extensions/v1beta1 1.8 1.16 - DeploymentRollback
extensions/v1beta1 1.14 1.22 networking.k8s.io/v1 Ingress,IngressList
extensions/v1beta1 1.9 1.16 networking.k8s.io/v1 NetworkPolicy,NetworkPolicyList
extensions/v1beta1 1.2 1.16 - Scale
flowcontrol.apiserver.k8s.io/v1beta1 1.23 1.26 flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema,FlowSchemaList
flowcontrol.apiserver.k8s.io/v1beta1 1.23 1.26 flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta1 1.23 1.26 flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfigurationList
flowcontrol.apiserver.k8s.io/v1beta2 1.26 1.29 flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema,FlowSchemaList
flowcontrol.apiserver.k8s.io/v1beta2 1.26 1.29 flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta2 1.26 1.29 flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfigurationList
flowcontrol.apiserver.k8s.io/v1beta3 1.29 1.32 flowcontrol.apiserver.k8s.io/v1 FlowSchema,FlowSchemaList
flowcontrol.apiserver.k8s.io/v1beta3 1.29 1.32 flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration
flowcontrol.apiserver.k8s.io/v1beta3 1.29 1.32 flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfigurationList
lifecycle.k8s.io/v1alpha1 1.40 1.43 - Eviction,EvictionList,EvictionRequest,EvictionRequestList
networking.k8s.io/v1beta1 1.34 1.37 - IPAddress,IPAddressList,ServiceCIDR,ServiceCIDRList
networking.k8s.io/v1beta1 1.19 1.22 networking.k8s.io/v1 Ingress,IngressClass=IngressClassList,IngressClassList
networking.k8s.io/v1beta1 1.19 1.22 networking.k8s.io/v1 IngressList
node.k8s.io/v1beta1 1.22 1.25 - RuntimeClass,RuntimeClassList
policy/v1beta1 1.22 1.25 - Eviction
policy/v1beta1 1.21 1.25 policy/v1 PodDisruptionBudget,PodDisruptionBudgetList
rbac.authorization.k8s.io/v1beta1 1.17 1.22 rbac.authorization.k8s.io/v1 ClusterRole,ClusterRoleBinding
rbac.authorization.k8s.io/v1beta1 1.17 1.22 rbac.authorization.k8s.io/v1 ClusterRoleBindingList,ClusterRoleList
rbac.authorization.k8s.io/v1beta1 1.17 1.22 rbac.authorization.k8s.io/v1 Role,RoleBinding,RoleBindingList,RoleList
resource.k8s.io/v1alpha3 1.36 1.39 - DeviceTaintRule,DeviceTaintRuleList
resource.k8s.io/v1alpha3 1.39 1.42 - ResourcePoolStatusRequest,ResourcePoolStatusRequestList
resource.k8s.io/v1beta1 1.35 1.38 - DeviceClass,DeviceClassList,ResourceClaim,ResourceClaimList
resource.k8s.io/v1beta1 1.35 1.38 - ResourceClaimTemplate,ResourceClaimTemplateList,ResourceSlice
resource.k8s.io/v1beta1 1.35 1.38 - ResourceSliceList
resource.k8s.io/v1beta2 1.36 1.39 - DeviceClass,DeviceClassList,ResourceClaim,ResourceClaimList
resource.k8s.io/v1beta2 1.36 1.39 - ResourceClaimTemplate,ResourceClaimTemplateList,ResourceSlice
resource.k8s.io/v1beta2 1.36 1.39 - ResourceSliceList
resource.k8s.io/v1beta2 1.39 1.42 - DeviceTaintRule,DeviceTaintRuleList
scheduling.k8s.io/v1beta1 1.40 1.43 - PodGroup,PodGroupList,Workload,WorkloadList
scheduling.k8s.io/v1beta1 1.14 1.22 scheduling.k8s.io/v1 PriorityClass,PriorityClassList
storage.k8s.io/v1alpha1 1.21 1.24 storage.k8s.io/v1beta1 CSIStorageCapacity,CSIStorageCapacityList
storage.k8s.io/v1alpha1 1.21 1.24 storage.k8s.io/v1 VolumeAttachment,VolumeAttachmentList
storage.k8s.io/v1alpha1 1.32 1.35 storage.k8s.io/v1 VolumeAttributesClass,VolumeAttributesClassList
storage.k8s.io/v1beta1 1.19 1.22 storage.k8s.io/v1 CSIDriver,CSIDriverList,StorageClass,StorageClassList
storage.k8s.io/v1beta1 1.19 1.22 storage.k8s.io/v1 VolumeAttachment,VolumeAttachmentList
storage.k8s.io/v1beta1 1.17 1.22 storage.k8s.io/v1 CSINode,CSINodeList=CSINode
storage.k8s.io/v1beta1 1.24 1.27 storage.k8s.io/v1 CSIStorageCapacity,CSIStorageCapacityList
storage.k8s.io/v1beta1 1.34 1.37 storage.k8s.io/v1 VolumeAttributesClass,VolumeAttributesClassList
storagemigration.k8s.io/v1beta1 1.37 1.40 storagemigration.k8s.io/v1 StorageVersionMigration
storagemigration.k8s.io/v1beta1 1.37 1.40 storagemigration.k8s.io/v1 StorageVersionMigrationList
v1 1.19 - - ComponentStatus,ComponentStatusList
v1 1.33 - discovery.k8s.io/v1 Endpoints=EndpointSlice,EndpointsList=EndpointSliceList
"""


@cache
def _entries() -> dict[tuple[str, str], tuple[str, str, str, str]]:
    found: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for line in _TABLE.strip().splitlines():
        version, deprecated, removed, replacement, kinds = line.split()
        for item in kinds.split(","):
            kind, _, other = item.partition("=")
            found[version, kind] = (deprecated, removed, replacement, other or kind)
    return found


def warning(api_version: str, kind: str, major: int, minor: int) -> str:
    """Return the API server's warning about a kind for a Kubernetes version; "" when it is not deprecated there."""
    entry = _entries().get((api_version, kind))
    if entry is None:
        return ""
    deprecated, removed, replacement, other = entry
    since = tuple(map(int, deprecated.split(".")))
    if (major, minor) != (0, 0) and since > (major, minor):
        return ""
    text = f"{api_version} {kind} is deprecated in v{deprecated}+"
    if removed != "-":
        text += f", unavailable in v{removed}+"
    if replacement != "-":
        text += f"; use {replacement} {other}"
    return text
