"""What Go writes for fields of built-in types that nobody set: the zero value of each type.

Go cannot leave a struct field out, and leaves a text or a number out only when its type says so. So a stored
Deployment always has ``spec.strategy`` and ``status``, and the first writer of an object does not own those
containers. JSON schemas do not say which fields these are; the table below does.

Source: the Go types and their json tags in k8s.io/api, apimachinery, apiextensions-apiserver and kube-aggregator
v0.36. Kinds of zero: o an object, s a text, i a number, b false, q a quantity, t no time (null), n no list or map.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from fairlead.engines.schema.model import MISSING, Schema

_PREFIXES: Final = {
    "meta": "io.k8s.apimachinery.pkg.apis.meta.v1.",
    "crd": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.",
    "agg": "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.",
}
_SCALARS: Final = {"s": "", "i": 0, "b": False, "q": "0", "t": None}


def zero_object(schema: Schema) -> dict[str, Any]:
    """Return the zero value of a built-in type: what exists of an object before anything is set."""
    found: dict[str, Any] | None = schema.cache.get("zero")
    if found is None:
        found = schema.cache["zero"] = {}
        for key, kind in _fields().get(schema.name, {}).items():
            child = schema.properties.get(key)
            if kind == "o":
                found[key] = {} if child is None else zero_object(child)
            else:
                found[key] = _SCALARS.get(kind)
    return found


def fill_zero_values(value: Any, schema: Schema) -> Any:
    """Return a value of a built-in type with the containers and scalars that Go always writes.

    The value comes back as it is when nothing is missing. Lists and maps that nobody set stay absent.
    """
    if not schema.typed or schema.preserve_unknown:
        return value
    if isinstance(value, list):
        items = schema.items
        if items is None or (not items.properties and items.items is None and items.additional is None):
            return value
        filled = [fill_zero_values(item, items) if isinstance(item, (dict, list)) else item for item in value]
        return filled if any(new is not old for new, old in zip(filled, value, strict=True)) else value
    if not isinstance(value, dict):
        return value
    return _fill(value, schema)


def _fill(value: dict[str, Any], schema: Schema) -> dict[str, Any]:
    result: dict[str, Any] | None = None
    for key, child, zero in _wanted(schema):
        if key not in value:
            result = dict(value) if result is None else result
            result[key] = _fill({}, child) if zero is MISSING and child is not None else zero
    for key, item in value.items():
        if not isinstance(item, (dict, list)):
            continue
        inner = schema.field(key)
        after = item if inner is None else fill_zero_values(item, inner)
        if after is not item:
            result = dict(value) if result is None else result
            result[key] = after
    return value if result is None else result


def _wanted(schema: Schema) -> list[tuple[str, Schema | None, Any]]:
    found: list[tuple[str, Schema | None, Any]] | None = schema.cache.get("zero_fields")
    if found is None:
        found = []
        for key, kind in _fields().get(schema.name, {}).items():
            if kind != "n":
                child = schema.properties.get(key)
                found.append((key, child, MISSING if kind == "o" else _SCALARS[kind]))
        schema.cache["zero_fields"] = found
    return found


@cache
def _fields() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for line in _TABLE.splitlines():
        names, _, fields = line.partition(" = ")
        kinds = dict(field.split(":") for field in fields.split())
        for name in names.split():
            prefix, slash, rest = name.partition("/")
            table[_PREFIXES[prefix] + rest if slash else "io.k8s.api." + name] = kinds
    return table


_TABLE: Final = """\
admissionregistration.v1.ValidatingAdmissionPolicy agg/APIService apps.v1.DaemonSet = metadata:o spec:o status:o
apps.v1.Deployment apps.v1.ReplicaSet apps.v1.StatefulSet authentication.v1.TokenRequest = metadata:o spec:o status:o
authentication.v1.TokenReview authorization.v1.LocalSubjectAccessReview = metadata:o spec:o status:o
authorization.v1.SelfSubjectAccessReview authorization.v1.SelfSubjectRulesReview = metadata:o spec:o status:o
authorization.v1.SubjectAccessReview autoscaling.v1.HorizontalPodAutoscaler = metadata:o spec:o status:o
autoscaling.v1.Scale autoscaling.v2.HorizontalPodAutoscaler batch.v1.CronJob = metadata:o spec:o status:o
batch.v1.Job certificates.v1.CertificateSigningRequest = metadata:o spec:o status:o
certificates.v1beta1.PodCertificateRequest core.v1.Namespace core.v1.Node = metadata:o spec:o status:o
core.v1.PersistentVolume core.v1.PersistentVolumeClaim core.v1.Pod = metadata:o spec:o status:o
core.v1.ReplicationController core.v1.ResourceQuota core.v1.Service = metadata:o spec:o status:o
crd/CustomResourceDefinition flowcontrol.v1.FlowSchema = metadata:o spec:o status:o
flowcontrol.v1.PriorityLevelConfiguration networking.v1.Ingress = metadata:o spec:o status:o
networking.v1.ServiceCIDR networking.v1beta1.ServiceCIDR policy.v1.PodDisruptionBudget = metadata:o spec:o status:o
resource.v1.ResourceClaim resource.v1alpha3.DeviceTaintRule = metadata:o spec:o status:o
resource.v1beta1.ResourceClaim resource.v1beta2.DeviceTaintRule = metadata:o spec:o status:o
resource.v1beta2.ResourceClaim scheduling.v1alpha2.PodGroup storage.v1.VolumeAttachment = metadata:o spec:o status:o
storagemigration.v1beta1.StorageVersionMigration = metadata:o spec:o status:o
admissionregistration.v1.MutatingAdmissionPolicy = metadata:o spec:o
admissionregistration.v1.MutatingAdmissionPolicyBinding = metadata:o spec:o
admissionregistration.v1.ValidatingAdmissionPolicyBinding = metadata:o spec:o
admissionregistration.v1alpha1.MutatingAdmissionPolicy = metadata:o spec:o
admissionregistration.v1alpha1.MutatingAdmissionPolicyBinding = metadata:o spec:o
admissionregistration.v1beta1.MutatingAdmissionPolicy = metadata:o spec:o
admissionregistration.v1beta1.MutatingAdmissionPolicyBinding batch.v1.JobTemplateSpec = metadata:o spec:o
certificates.v1alpha1.ClusterTrustBundle certificates.v1beta1.ClusterTrustBundle = metadata:o spec:o
coordination.v1.Lease coordination.v1alpha2.LeaseCandidate coordination.v1beta1.LeaseCandidate = metadata:o spec:o
core.v1.LimitRange core.v1.PersistentVolumeClaimTemplate core.v1.PodTemplateSpec = metadata:o spec:o
networking.v1.IPAddress networking.v1.IngressClass networking.v1.NetworkPolicy = metadata:o spec:o
networking.v1beta1.IPAddress resource.v1.DeviceClass resource.v1.ResourceClaimTemplate = metadata:o spec:o
resource.v1.ResourceClaimTemplateSpec resource.v1.ResourceSlice = metadata:o spec:o
resource.v1alpha3.ResourcePoolStatusRequest resource.v1beta1.DeviceClass = metadata:o spec:o
resource.v1beta1.ResourceClaimTemplate resource.v1beta1.ResourceClaimTemplateSpec = metadata:o spec:o
resource.v1beta1.ResourceSlice resource.v1beta2.DeviceClass = metadata:o spec:o
resource.v1beta2.ResourceClaimTemplate resource.v1beta2.ResourceClaimTemplateSpec = metadata:o spec:o
resource.v1beta2.ResourceSlice scheduling.v1alpha2.Workload storage.v1.CSIDriver = metadata:o spec:o
storage.v1.CSINode = metadata:o spec:o
autoscaling.v2.MetricIdentifier core.v1.EnvVar core.v1.NodeRuntimeHandler core.v1.PodOS = name:s
core.v1.PodResourceClaim core.v1.PodResourceClaimStatus core.v1.PodSchedulingGate core.v1.ResourceClaim = name:s
core.v1.ResourceStatus core.v1.Volume discovery.v1.ForNode discovery.v1.ForZone flowcontrol.v1.GroupSubject = name:s
flowcontrol.v1.PriorityLevelConfigurationReference flowcontrol.v1.UserSubject resource.v1.CounterSet = name:s
resource.v1.Device resource.v1.DeviceRequest resource.v1beta1.CounterSet resource.v1beta1.Device = name:s
resource.v1beta2.CounterSet resource.v1beta2.Device resource.v1beta2.DeviceRequest = name:s
scheduling.v1alpha2.PodGroupResourceClaim scheduling.v1alpha2.PodGroupResourceClaimStatus = name:s
admissionregistration.v1.MutatingWebhookConfiguration = metadata:o
admissionregistration.v1.ValidatingWebhookConfiguration core.v1.ComponentStatus core.v1.ConfigMap = metadata:o
core.v1.Endpoints core.v1.Secret core.v1.ServiceAccount meta/Status policy.v1.Eviction = metadata:o
autoscaling.v2.MetricSpec autoscaling.v2.MetricStatus autoscaling.v2.MetricTarget core.v1.AppArmorProfile = type:s
core.v1.LimitRangeItem core.v1.SeccompProfile flowcontrol.v1.FlowDistinguisherMethod = type:s
flowcontrol.v1.LimitResponse flowcontrol.v1.PriorityLevelConfigurationSpec = type:s
agg/APIServiceCondition apps.v1.DaemonSetCondition apps.v1.ReplicaSetCondition = lastTransitionTime:t status:s type:s
apps.v1.StatefulSetCondition autoscaling.v2.HorizontalPodAutoscalerCondition = lastTransitionTime:t status:s type:s
core.v1.NamespaceCondition core.v1.ReplicationControllerCondition = lastTransitionTime:t status:s type:s
crd/CustomResourceDefinitionCondition = lastTransitionTime:t status:s type:s
resource.v1.AllocationResult resource.v1.ResourceClaimSpec resource.v1beta1.AllocationResult = devices:o
resource.v1beta1.ResourceClaimSpec resource.v1beta2.AllocationResult resource.v1beta2.ResourceClaimSpec = devices:o
resource.v1.Counter resource.v1.DeviceCapacity resource.v1beta1.Counter resource.v1beta1.DeviceCapacity = value:q
resource.v1beta2.Counter resource.v1beta2.DeviceCapacity = value:q
admissionregistration.v1.MatchCondition admissionregistration.v1.Variable = expression:s name:s
admissionregistration.v1alpha1.Variable admissionregistration.v1beta1.MatchCondition = expression:s name:s
admissionregistration.v1beta1.Variable = expression:s name:s
core.v1.ClusterTrustBundleProjection core.v1.DownwardAPIVolumeFile core.v1.HostPathVolumeSource = path:s
core.v1.LocalVolumeSource core.v1.ServiceAccountTokenProjection = path:s
core.v1.Taint resource.v1.DeviceTaint resource.v1alpha3.DeviceTaint resource.v1beta1.DeviceTaint = effect:s key:s
resource.v1beta2.DeviceTaint = effect:s key:s
admissionregistration.v1.Validation resource.v1.CELDeviceSelector resource.v1beta1.CELDeviceSelector = expression:s
resource.v1beta2.CELDeviceSelector = expression:s
autoscaling.v1.CrossVersionObjectReference autoscaling.v2.CrossVersionObjectReference rbac.v1.Subject = kind:s name:s
scheduling.v1alpha2.TypedLocalObjectReference = kind:s name:s
core.v1.AWSElasticBlockStoreVolumeSource core.v1.CinderPersistentVolumeSource core.v1.CinderVolumeSource = volumeID:s
core.v1.PortworxVolumeSource = volumeID:s
core.v1.CSIVolumeSource core.v1.FlexPersistentVolumeSource core.v1.FlexVolumeSource = driver:s
resource.v1alpha3.ResourcePoolStatusRequestSpec = driver:s
core.v1.EndpointAddress core.v1.HostAlias core.v1.HostIP core.v1.PodIP = ip:s
resource.v1.DeviceSubRequest resource.v1beta1.DeviceRequest = deviceClassName:s name:s
resource.v1beta1.DeviceSubRequest resource.v1beta2.DeviceSubRequest = deviceClassName:s name:s
admissionregistration.v1.Mutation admissionregistration.v1alpha1.Mutation = patchType:s
admissionregistration.v1beta1.Mutation = patchType:s
admissionregistration.v1.ServiceReference crd/ServiceReference = name:s namespace:s
flowcontrol.v1.ServiceAccountSubject = name:s namespace:s
apps.v1.ReplicaSetStatus autoscaling.v1.ScaleStatus core.v1.ReplicationControllerStatus = replicas:i
authorization.v1.NonResourceRule authorization.v1.ResourceRule rbac.v1.PolicyRule = verbs:n
batch.v1.JobCondition core.v1.PersistentVolumeClaimCondition = lastProbeTime:t lastTransitionTime:t status:s type:s
core.v1.PodCondition = lastProbeTime:t lastTransitionTime:t status:s type:s
core.v1.ConfigMapKeySelector core.v1.SecretKeySelector scheduling.v1alpha2.TopologyConstraint = key:s
core.v1.EndpointPort core.v1.HTTPGetAction core.v1.TCPSocketAction = port:i
core.v1.NodeSelectorRequirement meta/FieldSelectorRequirement meta/LabelSelectorRequirement = key:s operator:s
resource.v1.AllocatedDeviceStatus resource.v1beta1.AllocatedDeviceStatus = conditions:n device:s driver:s pool:s
resource.v1beta2.AllocatedDeviceStatus = conditions:n device:s driver:s pool:s
resource.v1.CapacityRequestPolicy resource.v1beta1.CapacityRequestPolicy = default:n
resource.v1beta2.CapacityRequestPolicy = default:n
resource.v1.DeviceAllocationConfiguration resource.v1beta1.DeviceAllocationConfiguration = source:s
resource.v1beta2.DeviceAllocationConfiguration = source:s
resource.v1.DeviceClaim resource.v1beta1.DeviceClaim resource.v1beta2.DeviceClaim = requests:n
resource.v1.DeviceCounterConsumption resource.v1beta1.DeviceCounterConsumption = counterSet:s
resource.v1beta2.DeviceCounterConsumption = counterSet:s
resource.v1.DeviceRequestAllocationResult = device:s driver:s pool:s request:s
resource.v1beta1.DeviceRequestAllocationResult = device:s driver:s pool:s request:s
resource.v1beta2.DeviceRequestAllocationResult = device:s driver:s pool:s request:s
resource.v1.OpaqueDeviceConfiguration resource.v1beta1.OpaqueDeviceConfiguration = driver:s parameters:o
resource.v1beta2.OpaqueDeviceConfiguration = driver:s parameters:o
resource.v1.ResourceClaimConsumerReference resource.v1beta1.ResourceClaimConsumerReference = name:s resource:s uid:s
resource.v1beta2.ResourceClaimConsumerReference = name:s resource:s uid:s
resource.v1.ResourcePool resource.v1beta1.ResourcePool = generation:i name:s resourceSliceCount:i
resource.v1beta2.ResourcePool = generation:i name:s resourceSliceCount:i
resource.v1.ResourceSliceSpec resource.v1beta1.ResourceSliceSpec resource.v1beta2.ResourceSliceSpec = driver:s pool:o
admissionregistration.v1.MutatingWebhook = admissionReviewVersions:n clientConfig:o name:s sideEffects:n
admissionregistration.v1.ValidatingWebhook = admissionReviewVersions:n clientConfig:o name:s sideEffects:n
apiserverinternal.v1alpha1.StorageVersion authentication.v1.SelfSubjectReview = metadata:o status:o
apps.v1.DeploymentCondition = lastTransitionTime:t lastUpdateTime:t status:s type:s
certificates.v1.CertificateSigningRequestCondition = lastTransitionTime:t lastUpdateTime:t status:s type:s
autoscaling.v1.HorizontalPodAutoscalerSpec = maxReplicas:i scaleTargetRef:o
autoscaling.v2.HorizontalPodAutoscalerSpec = maxReplicas:i scaleTargetRef:o
autoscaling.v2.ExternalMetricSource autoscaling.v2.PodsMetricSource = metric:o target:o
autoscaling.v2.ExternalMetricStatus autoscaling.v2.PodsMetricStatus = current:o metric:o
batch.v1.PodFailurePolicy batch.v1.SuccessPolicy = rules:n
batch.v1.PodFailurePolicyOnPodConditionsPattern core.v1.ComponentCondition = status:s type:s
certificates.v1alpha1.ClusterTrustBundleSpec certificates.v1beta1.ClusterTrustBundleSpec = trustBundle:s
coordination.v1alpha2.LeaseCandidateSpec coordination.v1beta1.LeaseCandidateSpec = binaryVersion:s leaseName:s
core.v1.AttachedVolume core.v1.VolumeDevice = devicePath:s name:s
core.v1.CephFSPersistentVolumeSource core.v1.CephFSVolumeSource = monitors:n
core.v1.Container core.v1.EphemeralContainer = name:s resources:o
core.v1.GlusterfsPersistentVolumeSource core.v1.GlusterfsVolumeSource = endpoints:s path:s
core.v1.HTTPHeader core.v1.Sysctl = name:s value:s
core.v1.ISCSIPersistentVolumeSource core.v1.ISCSIVolumeSource = iqn:s lun:i targetPortal:s
core.v1.PortStatus networking.v1.IngressPortStatus = port:i protocol:s
core.v1.RBDPersistentVolumeSource core.v1.RBDVolumeSource = image:s monitors:n
core.v1.ScaleIOPersistentVolumeSource core.v1.ScaleIOVolumeSource = gateway:s secretRef:n system:s
core.v1.ServiceStatus networking.v1.IngressStatus = loadBalancer:o
core.v1.TypedLocalObjectReference core.v1.TypedObjectReference = apiGroup:n kind:s name:s
core.v1.VolumeMount core.v1.VolumeMountStatus = mountPath:s name:s
flowcontrol.v1.FlowSchemaCondition flowcontrol.v1.PriorityLevelConfigurationCondition = lastTransitionTime:t
rbac.v1.ClusterRole rbac.v1.Role = metadata:o rules:n
rbac.v1.ClusterRoleBinding rbac.v1.RoleBinding = metadata:o roleRef:o
resource.v1.ExactDeviceRequest resource.v1beta2.ExactDeviceRequest = deviceClassName:s
resource.v1alpha3.DeviceTaintRuleSpec resource.v1beta2.DeviceTaintRuleSpec = taint:o
storage.v1.VolumeAttributesClass storage.v1beta1.VolumeAttributesClass = driverName:s metadata:o
admissionregistration.v1.AuditAnnotation = key:s valueExpression:s
admissionregistration.v1.ExpressionWarning = fieldRef:s warning:s
agg/APIServiceSpec = groupPriorityMinimum:i versionPriority:i
apiserverinternal.v1alpha1.StorageVersionCondition = lastTransitionTime:t reason:s status:s type:s
apps.v1.ControllerRevision = data:o metadata:o revision:i
apps.v1.DaemonSetSpec = selector:n template:o updateStrategy:o
apps.v1.DaemonSetStatus = currentNumberScheduled:i desiredNumberScheduled:i numberMisscheduled:i numberReady:i
apps.v1.DeploymentSpec = selector:n strategy:o template:o
apps.v1.ReplicaSetSpec = selector:n template:o
apps.v1.StatefulSetOrdinals = start:i
apps.v1.StatefulSetSpec = selector:n serviceName:s template:o updateStrategy:o
apps.v1.StatefulSetStatus = availableReplicas:i replicas:i
authentication.v1.SelfSubjectReviewStatus = userInfo:o
authentication.v1.TokenRequestSpec = audiences:n boundObjectRef:n expirationSeconds:n
authentication.v1.TokenRequestStatus = expirationTimestamp:t token:s
authentication.v1.TokenReviewStatus = user:o
authorization.v1.SubjectAccessReviewStatus = allowed:b
authorization.v1.SubjectRulesReviewStatus = incomplete:b nonResourceRules:n resourceRules:n
autoscaling.v1.HorizontalPodAutoscalerStatus = currentReplicas:i desiredReplicas:i
autoscaling.v2.ContainerResourceMetricSource = container:s name:s target:o
autoscaling.v2.ContainerResourceMetricStatus = container:s current:o name:s
autoscaling.v2.HPAScalingPolicy = periodSeconds:i type:s value:i
autoscaling.v2.HorizontalPodAutoscalerStatus = currentMetrics:n desiredReplicas:i
autoscaling.v2.ObjectMetricSource = describedObject:o metric:o target:o
autoscaling.v2.ObjectMetricStatus = current:o describedObject:o metric:o
autoscaling.v2.ResourceMetricSource = name:s target:o
autoscaling.v2.ResourceMetricStatus = current:o name:s
batch.v1.CronJobSpec = jobTemplate:o schedule:s
batch.v1.JobSpec = template:o
batch.v1.PodFailurePolicyOnExitCodesRequirement = operator:s values:n
batch.v1.PodFailurePolicyRule = action:s
certificates.v1.CertificateSigningRequestSpec = request:n signerName:s
certificates.v1beta1.PodCertificateRequestSpec = nodeName:s nodeUID:s pkixPublicKey:n podName:s podUID:s \
    proofOfPossession:n serviceAccountName:s serviceAccountUID:s signerName:s stubPKCS10Request:n
core.v1.AzureDiskVolumeSource = diskName:s diskURI:s
core.v1.AzureFilePersistentVolumeSource = secretName:s secretNamespace:n shareName:s
core.v1.AzureFileVolumeSource = secretName:s shareName:s
core.v1.Binding = metadata:o target:o
core.v1.CSIPersistentVolumeSource = driver:s volumeHandle:s
core.v1.ConfigMapNodeConfigSource = kubeletConfigKey:s name:s namespace:s
core.v1.ContainerExtendedResourceRequest = containerName:s requestName:s resourceName:s
core.v1.ContainerImage = names:n
core.v1.ContainerPort = containerPort:i
core.v1.ContainerResizePolicy = resourceName:s restartPolicy:s
core.v1.ContainerStateRunning = startedAt:t
core.v1.ContainerStateTerminated = exitCode:i finishedAt:t startedAt:t
core.v1.ContainerStatus = image:s imageID:s lastState:o name:s ready:b restartCount:i state:o
core.v1.DaemonEndpoint = Port:i
core.v1.Event = eventTime:t firstTimestamp:t involvedObject:o lastTimestamp:t metadata:o reportingComponent:s \
    reportingInstance:s source:o
core.v1.EventSeries = lastObservedTime:t
core.v1.FileKeySelector = key:s path:s volumeName:s
core.v1.GCEPersistentDiskVolumeSource = pdName:s
core.v1.GRPCAction = port:i service:n
core.v1.GitRepoVolumeSource = repository:s
core.v1.KeyToPath = key:s path:s
core.v1.LimitRangeSpec = limits:n
core.v1.LinuxContainerUser = gid:i uid:i
core.v1.ModifyVolumeStatus = status:s
core.v1.NFSVolumeSource = path:s server:s
core.v1.NodeAddress = address:s type:s
core.v1.NodeAllocatableResourceClaimStatus = resourceClaimName:s resources:n
core.v1.NodeCondition = lastHeartbeatTime:t lastTransitionTime:t status:s type:s
core.v1.NodeDaemonEndpoints = kubeletEndpoint:o
core.v1.NodeSelector = nodeSelectorTerms:n
core.v1.NodeStatus = daemonEndpoints:o nodeInfo:o
core.v1.NodeSystemInfo = architecture:s bootID:s containerRuntimeVersion:s kernelVersion:s kubeProxyVersion:s \
    kubeletVersion:s machineID:s operatingSystem:s osImage:s systemUUID:s
core.v1.ObjectFieldSelector = fieldPath:s
core.v1.PersistentVolumeClaimSpec = resources:o
core.v1.PersistentVolumeClaimVolumeSource = claimName:s
core.v1.PhotonPersistentDiskVolumeSource = pdID:s
core.v1.PodAffinityTerm = topologyKey:s
core.v1.PodExtendedResourceClaimStatus = requestMappings:n resourceClaimName:s
core.v1.PodReadinessGate = conditionType:s
core.v1.PodSpec = containers:n
core.v1.PodTemplate = metadata:o template:o
core.v1.PreferredSchedulingTerm = preference:o weight:i
core.v1.ProjectedVolumeSource = sources:n
core.v1.QuobyteVolumeSource = registry:s volume:s
core.v1.ResourceFieldSelector = divisor:q resource:s
core.v1.ResourceHealth = resourceID:s
core.v1.ScopedResourceSelectorRequirement = operator:s scopeName:s
core.v1.ServicePort = port:i targetPort:i
core.v1.SleepAction = seconds:i
core.v1.TopologySelectorLabelRequirement = key:s values:n
core.v1.TopologySpreadConstraint = maxSkew:i topologyKey:s whenUnsatisfiable:s
core.v1.VsphereVirtualDiskVolumeSource = volumePath:s
core.v1.WeightedPodAffinityTerm = podAffinityTerm:o weight:i
crd/CustomResourceColumnDefinition = jsonPath:s name:s type:s
crd/CustomResourceConversion = strategy:s
crd/CustomResourceDefinitionNames = kind:s plural:s
crd/CustomResourceDefinitionSpec = group:s names:o scope:s versions:n
crd/CustomResourceDefinitionStatus = acceptedNames:o conditions:n storedVersions:n
crd/CustomResourceDefinitionVersion = name:s served:b storage:b
crd/CustomResourceSubresourceScale = specReplicasPath:s statusReplicasPath:s
crd/SelectableField = jsonPath:s
crd/ValidationRule = rule:s
crd/WebhookConversion = conversionReviewVersions:n
discovery.v1.Endpoint = addresses:n conditions:o
discovery.v1.EndpointSlice = addressType:s endpoints:n metadata:o ports:n
events.v1.Event = deprecatedFirstTimestamp:t deprecatedLastTimestamp:t deprecatedSource:o eventTime:t metadata:o \
    regarding:o
events.v1.EventSeries = count:i lastObservedTime:t
flowcontrol.v1.FlowSchemaSpec = matchingPrecedence:i priorityLevelConfiguration:o
flowcontrol.v1.LimitedPriorityLevelConfiguration = limitResponse:o nominalConcurrencyShares:n
flowcontrol.v1.NonResourcePolicyRule = nonResourceURLs:n verbs:n
flowcontrol.v1.PolicyRulesWithSubjects = subjects:n
flowcontrol.v1.QueuingConfiguration = handSize:i queueLengthLimit:i queues:i
flowcontrol.v1.ResourcePolicyRule = apiGroups:n namespaces:n resources:n verbs:n
flowcontrol.v1.Subject = kind:s
meta/APIGroup = name:s preferredVersion:o versions:n
meta/APIGroupList = groups:n
meta/APIResource = kind:s name:s namespaced:b singularName:s verbs:n
meta/APIResourceList = groupVersion:s resources:n
meta/APIVersions = serverAddressByClientCIDRs:n versions:n
meta/Condition = lastTransitionTime:t message:s reason:s status:s type:s
meta/GroupVersionForDiscovery = groupVersion:s version:s
meta/OwnerReference = apiVersion:s kind:s name:s uid:s
meta/ServerAddressByClientCIDR = clientCIDR:s serverAddress:s
meta/ShardInfo = selector:s
networking.v1.HTTPIngressPath = backend:o pathType:n
networking.v1.HTTPIngressRuleValue = paths:n
networking.v1.IPBlock = cidr:s
networking.v1.IngressClassParametersReference = kind:s name:s scope:n
networking.v1.IngressServiceBackend = name:s port:o
networking.v1.NetworkPolicySpec = podSelector:o
node.v1.RuntimeClass = handler:s metadata:o
policy.v1.PodDisruptionBudgetStatus = currentHealthy:i desiredHealthy:i disruptionsAllowed:i expectedPods:i
rbac.v1.RoleRef = apiGroup:s kind:s name:s
resource.v1alpha3.PoolStatus = generation:i
scheduling.v1.PriorityClass = metadata:o value:i
scheduling.v1alpha2.GangSchedulingPolicy = minCount:i
scheduling.v1alpha2.PodGroupSpec = podGroupTemplateRef:n schedulingPolicy:o
scheduling.v1alpha2.PodGroupTemplate = name:s schedulingConstraints:n schedulingPolicy:o
scheduling.v1alpha2.PodGroupTemplateReference = workload:n
scheduling.v1alpha2.WorkloadPodGroupTemplateReference = podGroupTemplateName:s workloadName:s
scheduling.v1alpha2.WorkloadSpec = podGroupTemplates:n
storage.v1.CSINodeDriver = name:s nodeID:s topologyKeys:n
storage.v1.CSINodeSpec = drivers:n
storage.v1.CSIStorageCapacity = metadata:o storageClassName:s
storage.v1.StorageClass = metadata:o provisioner:s
storage.v1.TokenRequest = audience:s
storage.v1.VolumeAttachmentSpec = attacher:s nodeName:s source:o
storage.v1.VolumeAttachmentStatus = attached:b
storage.v1.VolumeError = time:t
"""
