"""The table of the vSphere kinds: versions, columns and rules.

Source: cluster-api-provider-vsphere v1.17, config/default/crd/bases (names and printer columns).
"""

from fairlead.api.decoding import misread
from fairlead.api.infrastructure import rules
from fairlead.api.infrastructure.cluster import VSphereCluster, VSphereClusterTemplate
from fairlead.api.infrastructure.identity import VSphereClusterIdentity
from fairlead.api.infrastructure.machine import VSphereMachine, VSphereMachineTemplate
from fairlead.api.infrastructure.v1beta1 import convert, older_schema
from fairlead.api.infrastructure.vm import VSphereVM
from fairlead.api.infrastructure.zones import VSphereDeploymentZone, VSphereFailureDomain
from fairlead.api.kind import Column, Default, Kind, Validate, Version
from fairlead.api.model import Resource
from fairlead.api.schema import schema_of
from fairlead.base.objects import GVK

GROUP = "infrastructure.cluster.x-k8s.io"
VSPHERE_CLUSTER = GVK(GROUP, "v1beta2", "VSphereCluster")
VSPHERE_MACHINE = GVK(GROUP, "v1beta2", "VSphereMachine")
VSPHERE_MACHINE_TEMPLATE = GVK(GROUP, "v1beta2", "VSphereMachineTemplate")
VSPHERE_VM = GVK(GROUP, "v1beta2", "VSphereVM")
VSPHERE_CLUSTER_IDENTITY = GVK(GROUP, "v1beta2", "VSphereClusterIdentity")
VSPHERE_DEPLOYMENT_ZONE = GVK(GROUP, "v1beta2", "VSphereDeploymentZone")
VSPHERE_FAILURE_DOMAIN = GVK(GROUP, "v1beta2", "VSphereFailureDomain")

CRD_LABELS = {
    "cluster.x-k8s.io/provider": "infrastructure-vsphere",
    "cluster.x-k8s.io/v1beta1": "v1beta1",
    "cluster.x-k8s.io/v1beta2": "v1beta2",
}
_CLUSTER_LABEL = ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"
_PAUSED = '.status.conditions[?(@.type=="Paused")].status'
_AGE = ".metadata.creationTimestamp"


def _age(what: str) -> Column:
    return Column("Age", _AGE, "date", f"Time duration since creation of {what}")


# Upstream's defaulting webhooks, which complain of wrong types before the schema does.
TYPED = ("VSphereMachine", "VSphereMachineTemplate", "VSphereVM", "VSphereDeploymentZone")


def _kind(
    model: type[Resource],
    plural: str,
    columns: tuple[Column, ...] = (),
    old_columns: tuple[Column, ...] = (),
    *,
    namespaced: bool = True,
    status: bool = True,
    default: Default | None = None,
    validate: Validate | None = None,
) -> Kind:
    schema = schema_of(model)
    name = model.__name__
    return Kind(
        group=GROUP,
        kind=name,
        plural=plural,
        categories=("cluster-api",),
        namespaced=namespaced,
        status=status,
        versions=(
            Version("v1beta2", schema, columns),
            Version("v1beta1", older_schema(schema), old_columns, deprecation_warning=""),
        ),
        crd_labels=CRD_LABELS,
        webhook=f"validation.{name.lower()}.{GROUP}",
        convert=convert,
        default=default,
        validate=validate,
        misread=misread(model) if name in TYPED else None,
    )


_TEMPLATE_COLUMNS = (
    Column(
        "ClusterClass", '.metadata.ownerReferences[?(@.kind=="ClusterClass")].name', "string", "Owning ClusterClass"
    ),
    Column("Cluster", '.metadata.ownerReferences[?(@.kind=="Cluster")].name', "string", "Owning Cluster"),
)

KINDS: tuple[Kind, ...] = (
    _kind(
        VSphereCluster,
        "vsphereclusters",
        (
            Column("Cluster", _CLUSTER_LABEL, "string", "Cluster"),
            Column("Server", ".spec.server", "string", "Address of the vCenter"),
            Column("ControlPlane Endpoint", ".spec.controlPlaneEndpoint.host", "string", "API Endpoint"),
            Column("Paused", _PAUSED, "string", "Reconciliation paused", 10),
            Column("Provisioned", ".status.initialization.provisioned", "string", "VSphereCluster is provisioned"),
            _age("VSphereCluster"),
        ),
        (
            Column("Ready", ".status.ready", "string", "Cluster infrastructure is ready for VSphereMachine"),
            Column("Server", ".spec.server", "string", "Address of the vCenter"),
            Column("ControlPlaneEndpoint", ".spec.controlPlaneEndpoint.host", "string", "API Endpoint", 1),
            _age("Machine"),
        ),
    ),
    _kind(
        VSphereClusterTemplate,
        "vsphereclustertemplates",
        (_TEMPLATE_COLUMNS[0], _age("VSphereClusterTemplate")),
        status=False,
        validate=rules.validate_cluster_template,
    ),
    _kind(
        VSphereMachine,
        "vspheremachines",
        (
            Column("Cluster", _CLUSTER_LABEL, "string", "Cluster"),
            Column("Provider ID", ".spec.providerID", "string", "Provider ID", 10),
            Column("Template", ".spec.template", "string", "Template the VM is cloned from", 10),
            Column("Paused", _PAUSED, "string", "Reconciliation paused", 10),
            Column("Provisioned", ".status.initialization.provisioned", "string", "VSphereMachine is provisioned"),
            _age("VSphereMachine"),
        ),
        (
            Column("Cluster", ".metadata.labels.cluster\\.x-k8s\\.io/cluster-name", "string", "Cluster"),
            Column("Ready", ".status.ready", "string", "Machine ready status"),
            Column("ProviderID", ".spec.providerID", "string", "VSphereMachine instance ID"),
            Column("Machine", '.metadata.ownerReferences[?(@.kind=="Machine")].name', "string", "Owning Machine", 1),
            _age("Machine"),
        ),
        default=rules.default_machine,
        validate=rules.validate_machine,
    ),
    _kind(
        VSphereMachineTemplate,
        "vspheremachinetemplates",
        (*_TEMPLATE_COLUMNS, _age("VSphereMachineTemplate")),
        status=False,
        validate=rules.validate_machine_template,
    ),
    _kind(VSphereVM, "vspherevms", default=rules.default_vm, validate=rules.validate_vm),
    _kind(VSphereClusterIdentity, "vsphereclusteridentities", namespaced=False),
    _kind(VSphereDeploymentZone, "vspheredeploymentzones", namespaced=False, default=rules.default_zone),
    _kind(
        VSphereFailureDomain,
        "vspherefailuredomains",
        namespaced=False,
        status=False,
        validate=rules.validate_failure_domain,
    ),
)
