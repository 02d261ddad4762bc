"""The resources of Kubernetes' own API groups, as a default API server serves them.

Source: kube-apiserver v1.36, discovery documents of a server without extra flags (alpha and beta versions are off).
"""

from __future__ import annotations

from typing import NamedTuple

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
_REVIEW_VERBS = ("create",)


class Subresource(NamedTuple):
    """A subresource as discovery names it; `kind` with its group and version when it is not the parent's."""

    name: str
    verbs: tuple[str, ...]
    kind: str = ""
    group: str = ""
    version: str = ""


class BuiltIn(NamedTuple):
    """One resource in all its served versions; the first is preferred and stored."""

    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...]
    categories: tuple[str, ...]
    verbs: tuple[str, ...]
    subresources: tuple[Subresource, ...]
    generation: bool  # whether the server counts changes of the spec in metadata.generation


_RUD = ("get", "patch", "update")
_SUBRESOURCES = {
    "status": Subresource("status", _RUD),
    "scale": Subresource("scale", _RUD, "Scale", "autoscaling", "v1"),
    "finalize": Subresource("finalize", ("update",)),
    "approval": Subresource("approval", _RUD),
    "token": Subresource("token", ("create",), "TokenRequest", "authentication.k8s.io", "v1"),
    "attach": Subresource("attach", ("create", "get"), "PodAttachOptions", "", "v1"),
    "binding": Subresource("binding", ("create",), "Binding", "", "v1"),
    "ephemeralcontainers": Subresource("ephemeralcontainers", _RUD),
    "eviction": Subresource("eviction", ("create",), "Eviction", "policy", "v1"),
    "exec": Subresource("exec", ("create", "get"), "PodExecOptions", "", "v1"),
    "log": Subresource("log", ("get",)),
    "portforward": Subresource("portforward", ("create", "get"), "PodPortForwardOptions", "", "v1"),
    "proxy": Subresource("proxy", ("create", "delete", "get", "patch", "update"), "PodProxyOptions", "", "v1"),
    "resize": Subresource("resize", _RUD),
}

# plural Kind scope flags: s=short names, c=categories, sub=subresources, verbs=create-only or a list, gen=generation.
_TABLE = """
: v1
bindings Binding N verbs=create
componentstatuses ComponentStatus C s=cs verbs=get,list
configmaps ConfigMap N s=cm
endpoints Endpoints N s=ep
events Event N s=ev
limitranges LimitRange N s=limits
namespaces Namespace C s=ns verbs=create,delete,get,list,patch,update,watch sub=finalize,status
nodes Node C s=no sub=proxy,status
persistentvolumeclaims PersistentVolumeClaim N s=pvc sub=status
persistentvolumes PersistentVolume C s=pv sub=status
pods Pod N s=po c=all sub=attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status gen
podtemplates PodTemplate N gen
replicationcontrollers ReplicationController N s=rc c=all sub=scale,status gen
resourcequotas ResourceQuota N s=quota sub=status
secrets Secret N
serviceaccounts ServiceAccount N s=sa sub=token
services Service N s=svc c=all sub=proxy,status
apiregistration.k8s.io: v1
apiservices APIService C c=api-extensions sub=status
apps: v1
controllerrevisions ControllerRevision N
daemonsets DaemonSet N s=ds c=all sub=status gen
deployments Deployment N s=deploy c=all sub=scale,status gen
replicasets ReplicaSet N s=rs c=all sub=scale,status gen
statefulsets StatefulSet N s=sts c=all sub=scale,status gen
events.k8s.io: v1
events Event N s=ev
authentication.k8s.io: v1
selfsubjectreviews SelfSubjectReview C verbs=create
tokenreviews TokenReview C verbs=create
authorization.k8s.io: v1
localsubjectaccessreviews LocalSubjectAccessReview N verbs=create
selfsubjectaccessreviews SelfSubjectAccessReview C verbs=create
selfsubjectrulesreviews SelfSubjectRulesReview C verbs=create
subjectaccessreviews SubjectAccessReview C verbs=create
autoscaling: v2 v1
horizontalpodautoscalers HorizontalPodAutoscaler N s=hpa c=all sub=status
batch: v1
cronjobs CronJob N s=cj c=all sub=status gen
jobs Job N c=all sub=status gen
certificates.k8s.io: v1
certificatesigningrequests CertificateSigningRequest C s=csr sub=approval,status
networking.k8s.io: v1
ingressclasses IngressClass C gen
ingresses Ingress N s=ing sub=status gen
ipaddresses IPAddress C s=ip
networkpolicies NetworkPolicy N s=netpol gen
servicecidrs ServiceCIDR C sub=status
policy: v1
poddisruptionbudgets PodDisruptionBudget N s=pdb sub=status gen
rbac.authorization.k8s.io: v1
clusterrolebindings ClusterRoleBinding C
clusterroles ClusterRole C
rolebindings RoleBinding N
roles Role N
storage.k8s.io: v1
csidrivers CSIDriver C
csinodes CSINode C
csistoragecapacities CSIStorageCapacity N
storageclasses StorageClass C s=sc
volumeattachments VolumeAttachment C sub=status
volumeattributesclasses VolumeAttributesClass C s=vac
admissionregistration.k8s.io: v1
mutatingadmissionpolicies MutatingAdmissionPolicy C c=api-extensions gen
mutatingadmissionpolicybindings MutatingAdmissionPolicyBinding C c=api-extensions gen
mutatingwebhookconfigurations MutatingWebhookConfiguration C c=api-extensions gen
validatingadmissionpolicies ValidatingAdmissionPolicy C c=api-extensions sub=status gen
validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C c=api-extensions gen
validatingwebhookconfigurations ValidatingWebhookConfiguration C c=api-extensions gen
apiextensions.k8s.io: v1
customresourcedefinitions CustomResourceDefinition C s=crd,crds c=api-extensions sub=status gen
scheduling.k8s.io: v1
priorityclasses PriorityClass C s=pc gen
coordination.k8s.io: v1
leases Lease N
node.k8s.io: v1
runtimeclasses RuntimeClass C
discovery.k8s.io: v1
endpointslices EndpointSlice N gen
resource.k8s.io: v1
deviceclasses DeviceClass C gen
resourceclaims ResourceClaim N sub=status
resourceclaimtemplates ResourceClaimTemplate N
resourceslices ResourceSlice C gen
flowcontrol.apiserver.k8s.io: v1
flowschemas FlowSchema C sub=status gen
prioritylevelconfigurations PriorityLevelConfiguration C sub=status gen
"""


def _words(flags: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(flags[name].split(",")) if flags.get(name) else ()


def _subresource(name: str, plural: str) -> Subresource:
    found = _SUBRESOURCES[name]
    if name == "proxy" and plural != "pods":
        kind = {"nodes": "NodeProxyOptions", "services": "ServiceProxyOptions"}[plural]
        return found._replace(kind=kind)
    return found


def built_ins() -> tuple[BuiltIn, ...]:
    """All resources, groups in the order in which discovery lists them."""
    found: list[BuiltIn] = []
    group = ""
    versions: tuple[str, ...] = ("v1",)
    for line in _TABLE.strip().splitlines():
        head, *rest = line.split()
        if head.endswith(":"):
            group, versions = head[:-1], tuple(rest)
            continue
        kind, scope, *extra = rest
        flags = {word.partition("=")[0]: word.partition("=")[2] for word in extra}
        found.append(
            BuiltIn(
                group,
                versions,
                head,
                kind,
                scope == "N",
                _words(flags, "s"),
                _words(flags, "c"),
                _words(flags, "verbs") or ALL_VERBS,
                tuple(_subresource(name, head) for name in _words(flags, "sub")),
                "gen" in flags,
            )
        )
    return tuple(found)
