"""KubeadmConfig and KubeadmConfigTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition, Metadata, V1Beta1Condition
from fairlead.api.kubeadm.clusterconfiguration import Dns, ExtraEnvs, ExtraVolumes
from fairlead.api.kubeadm.kubeadmconfig import ContainerLinuxConfig, ContentFrom, DiskLayout
from fairlead.api.kubeadm.nodeconfiguration import AuthProvider, Env, KubeadmConfigCluster, Patches, Taints
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ApiServer(Model):
    """Settings of the API server."""

    cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Further names and addresses in the API server's certificate."),
        Extra(max_items=100),
    ] = field(name="certSANs", default=())
    extra_args: Annotated[dict[str, str], Doc("Further arguments, without the leading dashes.")] = {}
    extra_envs: Annotated[tuple[ExtraEnvs, ...], Doc("Further environment variables."), Extra(max_items=100)] = ()
    extra_volumes: Annotated[
        tuple[ExtraVolumes, ...], Doc("Directories and files of the host to mount into the Pod."), Extra(max_items=100)
    ] = ()
    timeout_for_control_plane: Annotated[str, Doc("How long kubeadm waits for the API server.")] = ""


class ControllerManager(Model):
    """Settings of the controller manager, or of the scheduler."""

    extra_args: Annotated[dict[str, str], Doc("Further arguments, without the leading dashes.")] = {}
    extra_envs: Annotated[tuple[ExtraEnvs, ...], Doc("Further environment variables."), Extra(max_items=100)] = ()
    extra_volumes: Annotated[
        tuple[ExtraVolumes, ...], Doc("Directories and files of the host to mount into the Pod."), Extra(max_items=100)
    ] = ()


class External(Model):
    """etcd that runs elsewhere."""

    ca_file: Annotated[str, Doc("File with etcd's CA certificate."), Meta(min_length=1, max_length=512)]
    cert_file: Annotated[str, Doc("File with the client certificate."), Meta(min_length=1, max_length=512)]
    endpoints: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Addresses of the members, such as https://etcd-1:2379."),
        Extra(max_items=50),
    ]
    key_file: Annotated[str, Doc("File with the client certificate's key."), Meta(min_length=1, max_length=512)]


class Local(Model):
    """etcd on the control-plane machines."""

    data_dir: Annotated[
        str, Doc("Directory of etcd's data; /var/lib/etcd if unset."), Meta(min_length=1, max_length=512)
    ] = ""
    extra_args: Annotated[dict[str, str], Doc("Further arguments, without the leading dashes.")] = {}
    extra_envs: Annotated[tuple[ExtraEnvs, ...], Doc("Further environment variables."), Extra(max_items=100)] = ()
    image_repository: Annotated[
        str,
        Doc("Registry and path that images are pulled from, instead of registry.k8s.io."),
        Meta(min_length=1, max_length=512),
    ] = ""
    image_tag: Annotated[
        str,
        Doc("Tag of the image, instead of the one that belongs to the Kubernetes version."),
        Meta(min_length=1, max_length=256),
    ] = ""
    peer_cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Further names and addresses in the certificate for other members."),
        Extra(max_items=100),
    ] = field(name="peerCertSANs", default=())
    server_cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Further names and addresses in the certificate for clients."),
        Extra(max_items=100),
    ] = field(name="serverCertSANs", default=())


class Etcd(Model):
    """Where etcd runs; one of external and local."""

    external: Annotated[External | None, Doc("etcd that runs elsewhere.")] = None
    local: Annotated[Local | None, Doc("etcd on the control-plane machines; the default.")] = None


class Networking(Model):
    """Networks inside the cluster."""

    dns_domain: Annotated[str, Doc("DNS domain of Services."), Meta(min_length=1, max_length=253)] = ""
    pod_subnet: Annotated[
        str, Doc("Addresses for Pods, ranges separated by commas."), Meta(min_length=1, max_length=1024)
    ] = ""
    service_subnet: Annotated[
        str, Doc("Addresses for Services, ranges separated by commas."), Meta(min_length=1, max_length=1024)
    ] = ""


class ClusterConfiguration(Model):
    """Settings of the whole cluster, as kubeadm has them."""

    api_server: Annotated[ApiServer | None, Doc("Settings of the API server.")] = None
    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    ca_certificate_validity_period_days: Annotated[
        int | None,
        Doc("Days that CA certificates made by kubeadm are good for; 3650 if unset."),
        Meta(ge=1, le=36500),
        Extra(format="int32"),
    ] = None
    certificate_validity_period_days: Annotated[
        int | None,
        Doc("Days that other certificates are good for; 365 if unset."),
        Meta(ge=1, le=1095),
        Extra(format="int32"),
    ] = None
    certificates_dir: Annotated[
        str, Doc("Directory of the certificates; /etc/kubernetes/pki if unset."), Meta(min_length=1, max_length=512)
    ] = ""
    cluster_name: Annotated[
        str, Doc("Name of the cluster; Cluster API fills it in."), Meta(min_length=1, max_length=63)
    ] = ""
    control_plane_endpoint: Annotated[
        str, Doc("Address of the API; Cluster API fills it in."), Meta(min_length=1, max_length=512)
    ] = ""
    controller_manager: Annotated[ControllerManager | None, Doc("Settings of the controller manager.")] = None
    dns: Annotated[Dns | None, Doc("Settings of CoreDNS.")] = None
    encryption_algorithm: Annotated[
        Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"] | None,
        Doc("Kind of the keys that kubeadm makes, such as RSA-2048 or ECDSA-P256."),
    ] = None
    etcd: Annotated[Etcd | None, Doc("Where etcd runs.")] = None
    feature_gates: Annotated[dict[str, bool], Doc("Features of kubeadm to switch on or off.")] = {}
    image_repository: Annotated[
        str,
        Doc("Registry and path that images are pulled from, instead of registry.k8s.io."),
        Meta(min_length=1, max_length=512),
    ] = ""
    kind: Annotated[str, Doc("Kind of the object.")] = ""
    kubernetes_version: Annotated[
        str, Doc("Kubernetes version; Cluster API fills it in."), Meta(min_length=1, max_length=256)
    ] = ""
    networking: Annotated[Networking | None, Doc("Networks inside the cluster; Cluster API fills them in.")] = None
    scheduler: Annotated[ControllerManager | None, Doc("Settings of the scheduler.")] = None


class Filesystems(Model):
    """A file system to make."""

    device: Annotated[str, Doc("Device, such as /dev/sdb."), Meta(min_length=1, max_length=256)]
    filesystem: Annotated[str, Doc("Kind of file system, such as ext4."), Meta(min_length=1, max_length=128)]
    extra_opts: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Further options of mkfs."),
        Extra(max_items=100),
    ] = ()
    label: Annotated[str, Doc("Label of the file system."), Meta(min_length=1, max_length=512)] = ""
    overwrite: Annotated[bool | None, Doc("Whether a file system that is there already is overwritten.")] = None
    partition: Annotated[
        str, Doc("Partition to use: auto, any, none or a number."), Meta(min_length=1, max_length=128)
    ] = ""
    replace_fs: Annotated[
        str, Doc("Kind of file system on the device that may be replaced."), Meta(min_length=1, max_length=128)
    ] = field(name="replaceFS", default="")


class Partitions(Model):
    """A disk to partition."""

    device: Annotated[str, Doc("Device, such as /dev/sdb."), Meta(min_length=1, max_length=256)]
    layout: Annotated[bool, Doc("True makes one partition of the whole disk.")]
    disk_layout: Annotated[
        tuple[DiskLayout, ...], Doc("The partitions; instead of layout."), Extra(min_items=1, max_items=100)
    ] = ()
    overwrite: Annotated[bool | None, Doc("Whether what is there already is overwritten.")] = None
    table_type: Annotated[Literal["mbr", "gpt"] | None, Doc("mbr or gpt.")] = None


class DiskSetup(Model):
    """Disks to prepare before anything else."""

    filesystems: Annotated[tuple[Filesystems, ...], Doc("File systems to make."), Extra(max_items=100)] = ()
    partitions: Annotated[tuple[Partitions, ...], Doc("Disks to partition."), Extra(max_items=100)] = ()


class Files(Model):
    """A file to write before kubeadm runs."""

    path: Annotated[str, Doc("Path of the file."), Meta(min_length=1, max_length=512)]
    append: Annotated[bool | None, Doc("Whether the content is appended to a file that is there already.")] = None
    content: Annotated[str, Doc("Content of the file."), Meta(min_length=1, max_length=10240)] = ""
    content_format: Annotated[
        Literal["Raw", "Template"] | None,
        Doc("go-template to render the content first, with .KubernetesVersion and more."),
    ] = None
    content_from: Annotated[ContentFrom | None, Doc("Where the content comes from.")] = None
    encoding: Annotated[
        Literal["base64", "gzip", "gzip+base64"] | None,
        Doc("Encoding of the content: base64, gzip or gzip+base64; plain if unset."),
    ] = None
    owner: Annotated[str, Doc("Owner and group, such as root:root."), Meta(min_length=1, max_length=256)] = ""
    permissions: Annotated[str, Doc("Mode, such as 0640."), Meta(min_length=1, max_length=16)] = ""


class Ignition(Model):
    """Settings for machines that boot with Ignition."""

    container_linux_config: Annotated[
        ContainerLinuxConfig | None, Doc("Further settings in Container Linux Config's form.")
    ] = None


class BootstrapTokens(Model):
    """A token with which machines may join."""

    token: Annotated[str, Doc("The token, such as abcdef.0123456789abcdef.")]
    description: Annotated[str, Doc("What the token is for."), Meta(min_length=1, max_length=512)] = ""
    expires: Annotated[str, Doc("When the token ends."), Extra(format="date-time")] = ""
    groups: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Groups that users of the token are in."),
        Extra(max_items=100),
    ] = ()
    ttl: Annotated[str, Doc("How long the token is good for; 0s is for ever.")] = ""
    usages: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("What the token may be used for: signing, authentication."),
        Extra(max_items=100),
    ] = ()


class LocalAPIEndpoint(Model):
    """Where a machine's API server listens."""

    advertise_address: Annotated[
        str,
        Doc("Address that it tells others; the machine's main address if unset."),
        Meta(min_length=1, max_length=39),
    ] = ""
    bind_port: Annotated[int | None, Doc("Port; 6443 if unset."), Extra(format="int32")] = None


class NodeRegistration(Model):
    """How the machine becomes a Node."""

    cri_socket: Annotated[str, Doc("Socket of the container runtime."), Meta(min_length=1, max_length=512)] = ""
    ignore_preflight_errors: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Checks of kubeadm whose failure is only a warning; all for every check."),
        Extra(max_items=50),
    ] = ()
    image_pull_policy: Annotated[
        Literal["Always", "IfNotPresent", "Never"] | None,
        Doc("When kubeadm pulls images: Always, IfNotPresent or Never."),
    ] = None
    image_pull_serial: Annotated[bool | None, Doc("Whether kubeadm pulls one image after the other.")] = None
    kubelet_extra_args: Annotated[
        dict[str, str], Doc("Further arguments of the kubelet, without the leading dashes.")
    ] = {}
    name: Annotated[
        str, Doc("Name of the Node; the machine's host name if unset."), Meta(min_length=1, max_length=253)
    ] = ""
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the Node; unset gives control planes theirs, an empty list none."),
        Extra(max_items=100),
    ] = ()


class InitConfiguration(Model):
    """Settings of the first control-plane machine, as kubeadm has them."""

    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    bootstrap_tokens: Annotated[
        tuple[BootstrapTokens, ...],
        Doc("Tokens to make; Cluster API makes its own and needs none here."),
        Extra(max_items=100),
    ] = ()
    kind: Annotated[str, Doc("Kind of the object.")] = ""
    local_api_endpoint: Annotated[LocalAPIEndpoint | None, Doc("Where this machine's API server listens.")] = field(
        name="localAPIEndpoint", default=None
    )
    node_registration: Annotated[NodeRegistration | None, Doc("How the machine becomes a Node.")] = None
    patches: Annotated[Patches | None, Doc("Changes to the Pods' manifests before they start.")] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Phases of kubeadm to leave out, such as addon/kube-proxy."),
        Extra(max_items=50),
    ] = ()


class ControlPlane(Model):
    """Settings of a joining control-plane machine."""

    local_api_endpoint: Annotated[LocalAPIEndpoint | None, Doc("Where its API server listens.")] = field(
        name="localAPIEndpoint", default=None
    )


class BootstrapToken(Model):
    """The token a machine joins with."""

    api_server_endpoint: Annotated[
        str, Doc("Address of the API server, such as 10.0.0.10:6443."), Meta(min_length=1, max_length=512)
    ] = ""
    ca_cert_hashes: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Hashes that the cluster's CA must have, such as sha256:…."),
        Extra(max_items=100),
    ] = ()
    token: Annotated[str, Doc("The token."), Meta(min_length=1, max_length=512)] = ""
    unsafe_skip_ca_verification: Annotated[bool | None, Doc("Whether any CA is believed.")] = field(
        name="unsafeSkipCAVerification", default=None
    )


class Exec(Model):
    """A program that gets credentials."""

    command: Annotated[str, Doc("The program."), Meta(min_length=1, max_length=1024)]
    api_version: Annotated[str, Doc("API version of what it prints."), Meta(min_length=1, max_length=512)] = ""
    args: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], Doc("Its arguments."), Extra(max_items=100)
    ] = ()
    env: Annotated[tuple[Env, ...], Doc("Further environment variables."), Extra(max_items=100)] = ()
    provide_cluster_info: Annotated[bool | None, Doc("Whether it is told about the cluster.")] = None


class User(Model):
    """How to log in."""

    auth_provider: Annotated[AuthProvider | None, Doc("A plugin that logs in.")] = None
    exec: Annotated[Exec | None, Doc("A program that gets credentials.")] = None


class KubeConfig(Model):
    """A kubeconfig to write."""

    user: Annotated[User, Doc("How to log in.")]
    cluster: Annotated[KubeadmConfigCluster | None, Doc("The cluster to connect to.")] = None


class File(Model):
    """Finding the cluster by a kubeconfig."""

    kube_config_path: Annotated[str, Doc("Path of the kubeconfig, or its URL."), Meta(min_length=1, max_length=512)]
    kube_config: Annotated[KubeConfig | None, Doc("A kubeconfig to write to that path.")] = None


class Discovery(Model):
    """How a joining machine finds the cluster."""

    bootstrap_token: Annotated[BootstrapToken | None, Doc("By a token; Cluster API fills it in.")] = None
    file: Annotated[File | None, Doc("By a kubeconfig.")] = None
    timeout: Annotated[str, Doc("How long the machine looks.")] = ""
    tls_bootstrap_token: Annotated[
        str,
        Doc("Token for the kubelet's certificate; that of bootstrapToken if unset."),
        Meta(min_length=1, max_length=512),
    ] = ""


class JoinConfiguration(Model):
    """Settings of machines that join, as kubeadm has them."""

    api_version: Annotated[str, Doc("API group and version of the object.")] = ""
    ca_cert_path: Annotated[
        str,
        Doc("File of the cluster's CA certificate; /etc/kubernetes/pki/ca.crt if unset."),
        Meta(min_length=1, max_length=512),
    ] = ""
    control_plane: Annotated[
        ControlPlane | None, Doc("Set if the machine joins the control plane; Cluster API fills it in.")
    ] = None
    discovery: Annotated[Discovery | None, Doc("How a joining machine finds the cluster; Cluster API fills it in.")] = (
        None
    )
    kind: Annotated[str, Doc("Kind of the object.")] = ""
    node_registration: Annotated[NodeRegistration | None, Doc("How the machine becomes a Node.")] = None
    patches: Annotated[Patches | None, Doc("Changes to the Pods' manifests before they start.")] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Phases of kubeadm to leave out, such as addon/kube-proxy."),
        Extra(max_items=50),
    ] = ()


class Ntp(Model):
    """Time servers."""

    enabled: Annotated[bool | None, Doc("Whether the time is kept in step.")] = None
    servers: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Names or addresses of the time servers."),
        Extra(max_items=100),
    ] = ()


class Users(Model):
    """A user to make."""

    name: Annotated[str, Doc("Name of the user."), Meta(min_length=1, max_length=256)]
    gecos: Annotated[str, Doc("Full name or comment."), Meta(min_length=1, max_length=256)] = ""
    groups: Annotated[str, Doc("Further groups, separated by commas."), Meta(min_length=1, max_length=256)] = ""
    home_dir: Annotated[str, Doc("Home directory."), Meta(min_length=1, max_length=256)] = ""
    inactive: Annotated[bool | None, Doc("Whether the user cannot log in.")] = None
    lock_password: Annotated[bool | None, Doc("Whether logging in by password is off.")] = None
    passwd: Annotated[str, Doc("Hashed password."), Meta(min_length=1, max_length=256)] = ""
    passwd_from: Annotated[ContentFrom | None, Doc("Where the hashed password comes from.")] = None
    primary_group: Annotated[str, Doc("Main group."), Meta(min_length=1, max_length=256)] = ""
    shell: Annotated[str, Doc("Login shell."), Meta(min_length=1, max_length=256)] = ""
    ssh_authorized_keys: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=2048)], ...],
        Doc("SSH keys that may log in."),
        Extra(max_items=100),
    ] = ()
    sudo: Annotated[str, Doc("Rule for sudo, such as ALL=(ALL) NOPASSWD:ALL."), Meta(min_length=1, max_length=256)] = ""


class KubeadmConfigSpec(Model):
    """How a machine becomes a node."""

    boot_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands early in each boot."),
        Extra(max_items=1000),
    ] = ()
    cluster_configuration: Annotated[
        ClusterConfiguration | None, Doc("Settings of the whole cluster; used by the first control-plane machine.")
    ] = None
    disk_setup: Annotated[DiskSetup | None, Doc("Disks to partition and format.")] = None
    files: Annotated[tuple[Files, ...], Doc("Files to write before kubeadm runs."), Extra(max_items=200)] = ()
    format: Annotated[
        Literal["cloud-config", "ignition"] | None,
        Doc("Form of the boot data: cloud-config (the default) or ignition."),
    ] = None
    ignition: Annotated[Ignition | None, Doc("Settings for machines that boot with Ignition.")] = None
    init_configuration: Annotated[InitConfiguration | None, Doc("Settings of the first control-plane machine.")] = None
    join_configuration: Annotated[JoinConfiguration | None, Doc("Settings of all machines that join.")] = None
    mounts: Annotated[
        tuple[tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], ...],
        Doc("File systems to mount, as the columns of /etc/fstab."),
        Extra(max_items=100),
    ] = ()
    ntp: Annotated[Ntp | None, Doc("Time servers.")] = None
    post_kubeadm_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands after kubeadm has run."),
        Extra(max_items=1000),
    ] = ()
    pre_kubeadm_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands before kubeadm runs."),
        Extra(max_items=1000),
    ] = ()
    use_experimental_retry_join: Annotated[bool | None, Doc("Not used any more.")] = None
    users: Annotated[tuple[Users, ...], Doc("Users to make."), Extra(max_items=100)] = ()
    verbosity: Annotated[int | None, Doc("How much kubeadm logs, as a number."), Extra(format="int32")] = None


class V1beta2(Model):
    """Fields of API version v1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()


class KubeadmConfigStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    data_secret_name: Annotated[str, Doc("Secret with the boot data."), Meta(min_length=1, max_length=253)] = ""
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[
        str, Doc("Deprecated: a word for an error that cannot be recovered from."), Meta(min_length=1, max_length=256)
    ] = ""
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Extra(format="int64")
    ] = None
    ready: Annotated[bool | None, Doc("True once the boot data has been written.")] = None
    v1beta2: Annotated[V1beta2 | None, Doc("Fields of API version v1beta2.")] = None


class KubeadmConfig(Resource, kw_only=True):
    """How one machine becomes a node, through kubeadm."""

    spec: Annotated[KubeadmConfigSpec | None, Doc("What is asked for.")] = None
    status: Annotated[KubeadmConfigStatus | None, Doc("What was found, written by controllers.")] = None


class KubeadmConfigTemplateResource(Model):
    """What KubeadmConfigs are made from."""

    metadata: Annotated[
        Metadata | None, Doc("Labels and annotations of the machines, beside those of the ClusterClass.")
    ] = None
    spec: Annotated[KubeadmConfigSpec | None, Doc("What is asked for.")] = None


class KubeadmConfigTemplateSpec(Model):
    """What is asked for."""

    template: Annotated[KubeadmConfigTemplateResource, Doc("What the objects are made from.")]


class KubeadmConfigTemplate(Resource, kw_only=True):
    """How the machines of a MachineDeployment become nodes."""

    spec: Annotated[KubeadmConfigTemplateSpec | None, Doc("What is asked for.")] = None
