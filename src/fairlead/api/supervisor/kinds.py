"""The table of the kinds that Cluster API Provider vSphere has in supervisor mode: versions, columns and rules.

Source: cluster-api-provider-vsphere v1.17, config/supervisor/crd/bases (names and printer columns).
"""

from fairlead.api.infrastructure.kinds import CRD_LABELS
from fairlead.api.kind import Column, Kind, Validate, Version
from fairlead.api.model import Resource
from fairlead.api.schema import schema_of
from fairlead.api.supervisor import rules
from fairlead.api.supervisor.cluster import VSphereCluster, VSphereClusterTemplate
from fairlead.api.supervisor.machine import VSphereMachine, VSphereMachineTemplate
from fairlead.api.supervisor.serviceaccount import ProviderServiceAccount
from fairlead.api.supervisor.v1beta1 import convert, older_schema
from fairlead.base.objects import GVK

GROUP = "vmware.infrastructure.cluster.x-k8s.io"
VSPHERE_CLUSTER = GVK(GROUP, "v1beta2", "VSphereCluster")
VSPHERE_MACHINE = GVK(GROUP, "v1beta2", "VSphereMachine")
VSPHERE_MACHINE_TEMPLATE = GVK(GROUP, "v1beta2", "VSphereMachineTemplate")

_CLUSTER_LABEL = ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"
_PAUSED = Column("Paused", '.status.conditions[?(@.type=="Paused")].status', "string", "Reconciliation paused", 10)
_PROVISIONED = ".status.initialization.provisioned"


def _age(what: str) -> Column:
    about = f"Time duration since creation of {what}" if what else ""
    return Column("Age", ".metadata.creationTimestamp", "date", about)


def _owner(kind: str, what: str = "template") -> Column:
    path = f'.metadata.ownerReferences[?(@.kind=="{kind}")].name'
    return Column(kind, path, "string", f"Name of the {kind} owning this {what}")


def _kind(
    model: type[Resource],
    plural: str,
    columns: tuple[Column, ...],
    old_columns: tuple[Column, ...] = (),
    *,
    status: bool = True,
    validate: Validate | None = None,
) -> Kind:
    schema, name = schema_of(model), model.__name__
    return Kind(
        group=GROUP,
        kind=name,
        plural=plural,
        categories=("cluster-api",),
        status=status,
        versions=(
            Version("v1beta2", schema, columns),
            Version("v1beta1", older_schema(schema, name), old_columns),
        ),
        crd_labels=CRD_LABELS,
        webhook=f"validation.{name.lower()}.{GROUP}",
        convert=convert,
        validate=validate,
    )


_ACCOUNT_COLUMNS = (
    Column("VSphereCluster", ".spec.ref.name"),
    Column("TargetNamespace", ".spec.targetNamespace"),
    Column("TargetSecretName", ".spec.targetSecretName"),
    _age(""),
)

KINDS: tuple[Kind, ...] = (
    _kind(
        VSphereCluster,
        "vsphereclusters",
        (
            Column("Cluster", _CLUSTER_LABEL, "string", "Cluster"),
            Column("ControlPlane Endpoint", ".spec.controlPlaneEndpoint.host", "string", "API Endpoint"),
            _PAUSED,
            Column("Provisioned", _PROVISIONED, "string", "VSphereCluster is provisioned"),
            _age("VSphereCluster"),
        ),
        validate=rules.validate_cluster,
    ),
    _kind(
        VSphereClusterTemplate,
        "vsphereclustertemplates",
        (_owner("ClusterClass"), _age("VSphereClusterTemplate")),
        status=False,
        validate=rules.validate_cluster_template,
    ),
    _kind(
        VSphereMachine,
        "vspheremachines",
        (
            Column("Cluster", _CLUSTER_LABEL, "string", "Cluster"),
            Column("Class", ".spec.className", "string", "VirtualMachineClass name"),
            Column("Provider ID", ".spec.providerID", "string", "Provider ID", 10),
            Column(
                "Failure domain",
                ".status.failureDomain",
                "string",
                "The failure domain where the VSphereMachine has been scheduled",
            ),
            Column("IP", '.status.addresses[?(@.type=="InternalIP")].address', "string", "IP of the Machine", 10),
            Column("Image", ".spec.imageName", "string", "Image name", 10),
            _PAUSED,
            Column("Provisioned", _PROVISIONED, "string", "VSphereMachine is provisioned"),
            Column("Phase", ".status.phase", "string", "VSphereMachine phase"),
            _age("VSphereMachine"),
        ),
        (
            Column("Zone", ".spec.failureDomain", "string", "Zone"),
            Column("ProviderID", ".spec.providerID", "string", "Provider ID"),
            Column("IPAddr", ".status.vmIp", "string", "IP address"),
        ),
        validate=rules.validate_machine,
    ),
    _kind(
        VSphereMachineTemplate,
        "vspheremachinetemplates",
        (_owner("ClusterClass"), _owner("Cluster"), _age("VSphereMachineTemplate")),
        validate=rules.validate_machine_template,
    ),
    _kind(ProviderServiceAccount, "providerserviceaccounts", _ACCOUNT_COLUMNS, _ACCOUNT_COLUMNS),
)
