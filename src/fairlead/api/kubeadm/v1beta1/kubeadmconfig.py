"""KubeadmConfig and KubeadmConfigTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta1).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition, Metadata, V1Beta1Condition
from fairlead.api.kubeadm.kubeadmconfig import (
    AuthProvider,
    ContainerLinuxConfig,
    ContentFrom,
    DiskLayout,
    Dns,
    Env,
    ExtraEnvs,
    ExtraVolumes,
    KubeadmConfigCluster,
    Patches,
    Taints,
)
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


class ApiServer(Model):
    """Settings of the API server."""

    cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Further names in the API server's certificate."),
        Extra(max_items=100),
    ] = field(name="certSANs", default=())
    extra_args: Annotated[dict[str, str], Doc("Further arguments.")] = {}
    extra_envs: Annotated[tuple[ExtraEnvs, ...], Doc("Further environment variables."), Extra(max_items=100)] = ()
    extra_volumes: Annotated[tuple[ExtraVolumes, ...], Doc("Further volumes."), Extra(max_items=100)] = ()
    timeout_for_control_plane: Annotated[str, Doc("Timeout for control plane.")] = ""


class ControllerManager(Model):
    """Settings of the controller manager."""

    extra_args: Annotated[dict[str, str], Doc("Further arguments.")] = {}
    extra_envs: Annotated[tuple[ExtraEnvs, ...], Doc("Further environment variables."), Extra(max_items=100)] = ()
    extra_volumes: Annotated[tuple[ExtraVolumes, ...], Doc("Further volumes."), Extra(max_items=100)] = ()


class External(Model):
    """etcd elsewhere."""

    ca_file: Annotated[str, Doc("Ca file."), Meta(min_length=1, max_length=512)]
    cert_file: Annotated[str, Doc("Cert file."), Meta(min_length=1, max_length=512)]
    endpoints: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], Doc("Endpoints."), Extra(max_items=50)
    ]
    key_file: Annotated[str, Doc("Key file."), Meta(min_length=1, max_length=512)]


class Local(Model):
    """etcd on the control-plane machines."""

    data_dir: Annotated[str, Doc("Data dir."), Meta(min_length=1, max_length=512)] = ""
    extra_args: Annotated[dict[str, str], Doc("Further arguments.")] = {}
    extra_envs: Annotated[tuple[ExtraEnvs, ...], Doc("Further environment variables."), Extra(max_items=100)] = ()
    image_repository: Annotated[str, Doc("Where images come from."), Meta(min_length=1, max_length=512)] = ""
    image_tag: Annotated[str, Doc("Tag of the image."), Meta(min_length=1, max_length=256)] = ""
    peer_cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...], Doc("Peer cert sa ns."), Extra(max_items=100)
    ] = field(name="peerCertSANs", default=())
    server_cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...], Doc("Server cert sa ns."), Extra(max_items=100)
    ] = field(name="serverCertSANs", default=())


class Etcd(Model):
    """Settings of etcd."""

    external: Annotated[External | None, Doc("etcd elsewhere.")] = None
    local: Annotated[Local | None, Doc("etcd on the control-plane machines.")] = None


class Networking(Model):
    """Networking."""

    dns_domain: Annotated[str, Doc("Dns domain."), Meta(min_length=1, max_length=253)] = ""
    pod_subnet: Annotated[str, Doc("Pod subnet."), Meta(min_length=1, max_length=1024)] = ""
    service_subnet: Annotated[str, Doc("Service subnet."), Meta(min_length=1, max_length=1024)] = ""


class ClusterConfiguration(Model):
    """kubeadm's ClusterConfiguration."""

    api_server: Annotated[ApiServer | None, Doc("Settings of the API server.")] = None
    api_version: Annotated[str, Doc("Api version.")] = ""
    ca_certificate_validity_period_days: Annotated[
        int | None, Doc("Ca certificate validity period days."), Meta(ge=1, le=36500), Extra(format="int32")
    ] = None
    certificate_validity_period_days: Annotated[
        int | None, Doc("Certificate validity period days."), Meta(ge=1, le=1095), Extra(format="int32")
    ] = None
    certificates_dir: Annotated[str, Doc("Where certificates are."), Meta(min_length=1, max_length=512)] = ""
    cluster_name: Annotated[str, Doc("The cluster it belongs to."), Meta(min_length=1, max_length=63)] = ""
    control_plane_endpoint: Annotated[
        str, Doc("Where the control plane answers."), Meta(min_length=1, max_length=512)
    ] = ""
    controller_manager: Annotated[ControllerManager | None, Doc("Settings of the controller manager.")] = None
    dns: Annotated[Dns | None, Doc("Settings of CoreDNS.")] = None
    encryption_algorithm: Annotated[
        Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"] | None, Doc("Encryption algorithm.")
    ] = None
    etcd: Annotated[Etcd | None, Doc("Settings of etcd.")] = None
    feature_gates: Annotated[dict[str, bool], Doc("Feature gates.")] = {}
    image_repository: Annotated[str, Doc("Where images come from."), Meta(min_length=1, max_length=512)] = ""
    kind: Annotated[str, Doc("Its kind.")] = ""
    kubernetes_version: Annotated[str, Doc("Kubernetes version."), Meta(min_length=1, max_length=256)] = ""
    networking: Annotated[Networking | None, Doc("Networking.")] = None
    scheduler: Annotated[ControllerManager | None, Doc("Settings of the scheduler.")] = None


class Filesystems(Model):
    """Filesystems."""

    device: Annotated[str, Doc("Device."), Meta(min_length=1, max_length=256)]
    filesystem: Annotated[str, Doc("Filesystem."), Meta(min_length=1, max_length=128)]
    extra_opts: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Doc("Extra opts."), Extra(max_items=100)
    ] = ()
    label: Annotated[str, Doc("Label."), Meta(min_length=1, max_length=512)] = ""
    overwrite: Annotated[bool | None, Doc("Overwrite.")] = None
    partition: Annotated[str, Doc("Partition."), Meta(min_length=1, max_length=128)] = ""
    replace_fs: Annotated[str, Doc("Replace fs."), Meta(min_length=1, max_length=128)] = field(
        name="replaceFS", default=""
    )


class Partitions(Model):
    """Partitions."""

    device: Annotated[str, Doc("Device."), Meta(min_length=1, max_length=256)]
    layout: Annotated[bool, Doc("Layout.")]
    disk_layout: Annotated[tuple[DiskLayout, ...], Doc("Disk layout."), Extra(min_items=1, max_items=100)] = ()
    overwrite: Annotated[bool | None, Doc("Overwrite.")] = None
    table_type: Annotated[Literal["mbr", "gpt"] | None, Doc("Table type.")] = None


class DiskSetup(Model):
    """Disks to prepare."""

    filesystems: Annotated[tuple[Filesystems, ...], Doc("Filesystems."), Extra(max_items=100)] = ()
    partitions: Annotated[tuple[Partitions, ...], Doc("Partitions."), Extra(max_items=100)] = ()


class Files(Model):
    """Files to write."""

    path: Annotated[str, Doc("Its path."), Meta(min_length=1, max_length=512)]
    append: Annotated[bool | None, Doc("Whether the content is appended.")] = None
    content: Annotated[str, Doc("Its content."), Meta(min_length=1, max_length=10240)] = ""
    content_format: Annotated[Literal["Raw", "Template"] | None, Doc("Content format.")] = None
    content_from: Annotated[ContentFrom | None, Doc("Content from.")] = None
    encoding: Annotated[Literal["base64", "gzip", "gzip+base64"] | None, Doc("How the content is encoded.")] = None
    owner: Annotated[str, Doc("User and group it belongs to."), Meta(min_length=1, max_length=256)] = ""
    permissions: Annotated[str, Doc("Its mode."), Meta(min_length=1, max_length=16)] = ""


class Ignition(Model):
    """Settings of Ignition."""

    container_linux_config: Annotated[ContainerLinuxConfig | None, Doc("Container linux config.")] = None


class BootstrapTokens(Model):
    """Bootstrap tokens."""

    token: Annotated[str, Doc("The token.")]
    description: Annotated[str, Doc("Description."), Meta(min_length=1, max_length=512)] = ""
    expires: Annotated[str, Doc("Expires."), Extra(format="date-time")] = ""
    groups: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Doc("Groups."), Extra(max_items=100)
    ] = ()
    ttl: Annotated[str, Doc("Ttl.")] = ""
    usages: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Doc("Usages."), Extra(max_items=100)
    ] = ()


class LocalAPIEndpoint(Model):
    """Local api endpoint."""

    advertise_address: Annotated[str, Doc("Advertise address."), Meta(min_length=1, max_length=39)] = ""
    bind_port: Annotated[int | None, Doc("Bind port."), Extra(format="int32")] = None


class NodeRegistration(Model):
    """How the node is registered."""

    cri_socket: Annotated[str, Doc("Socket of the container runtime."), Meta(min_length=1, max_length=512)] = ""
    ignore_preflight_errors: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Ignore preflight errors."),
        Extra(max_items=50),
    ] = ()
    image_pull_policy: Annotated[Literal["Always", "IfNotPresent", "Never"] | None, Doc("Image pull policy.")] = None
    image_pull_serial: Annotated[bool | None, Doc("Image pull serial.")] = None
    kubelet_extra_args: Annotated[dict[str, str], Doc("Further arguments of the kubelet.")] = {}
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)] = ""
    taints: Annotated[tuple[Taints, ...], Doc("Taints of the node."), Extra(max_items=100)] = ()


class InitConfiguration(Model):
    """kubeadm's InitConfiguration."""

    api_version: Annotated[str, Doc("Api version.")] = ""
    bootstrap_tokens: Annotated[tuple[BootstrapTokens, ...], Doc("Bootstrap tokens."), Extra(max_items=100)] = ()
    kind: Annotated[str, Doc("Its kind.")] = ""
    local_api_endpoint: Annotated[LocalAPIEndpoint | None, Doc("Local api endpoint.")] = field(
        name="localAPIEndpoint", default=None
    )
    node_registration: Annotated[NodeRegistration | None, Doc("How the node is registered.")] = None
    patches: Annotated[Patches | None, Doc("Patches.")] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Doc("Skip phases."), Extra(max_items=50)
    ] = ()


class ControlPlane(Model):
    """Whether control-plane machines may go there."""

    local_api_endpoint: Annotated[LocalAPIEndpoint | None, Doc("Local api endpoint.")] = field(
        name="localAPIEndpoint", default=None
    )


class BootstrapToken(Model):
    """The token it uses."""

    api_server_endpoint: Annotated[str, Doc("Api server endpoint."), Meta(min_length=1, max_length=512)] = ""
    ca_cert_hashes: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Pins of the cluster's CA."),
        Extra(max_items=100),
    ] = ()
    token: Annotated[str, Doc("The token."), Meta(min_length=1, max_length=512)] = ""
    unsafe_skip_ca_verification: Annotated[bool | None, Doc("Unsafe skip ca verification.")] = field(
        name="unsafeSkipCAVerification", default=None
    )


class Exec(Model):
    """Exec."""

    command: Annotated[str, Doc("Command."), Meta(min_length=1, max_length=1024)]
    api_version: Annotated[str, Doc("Api version."), Meta(min_length=1, max_length=512)] = ""
    args: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], Doc("Args."), Extra(max_items=100)
    ] = ()
    env: Annotated[tuple[Env, ...], Doc("Env."), Extra(max_items=100)] = ()
    provide_cluster_info: Annotated[bool | None, Doc("Provide cluster info.")] = None


class User(Model):
    """User."""

    auth_provider: Annotated[AuthProvider | None, Doc("Auth provider.")] = None
    exec: Annotated[Exec | None, Doc("Exec.")] = None


class KubeConfig(Model):
    """Kube config."""

    user: Annotated[User, Doc("User.")]
    cluster: Annotated[KubeadmConfigCluster | None, Doc("Cluster.")] = None


class File(Model):
    """File."""

    kube_config_path: Annotated[str, Doc("Kube config path."), Meta(min_length=1, max_length=512)]
    kube_config: Annotated[KubeConfig | None, Doc("Kube config.")] = None


class Discovery(Model):
    """How a joining node finds the cluster."""

    bootstrap_token: Annotated[BootstrapToken | None, Doc("The token it uses.")] = None
    file: Annotated[File | None, Doc("File.")] = None
    timeout: Annotated[str, Doc("Timeout.")] = ""
    tls_bootstrap_token: Annotated[str, Doc("Tls bootstrap token."), Meta(min_length=1, max_length=512)] = ""


class JoinConfiguration(Model):
    """kubeadm's JoinConfiguration."""

    api_version: Annotated[str, Doc("Api version.")] = ""
    ca_cert_path: Annotated[str, Doc("Ca cert path."), Meta(min_length=1, max_length=512)] = ""
    control_plane: Annotated[ControlPlane | None, Doc("Whether control-plane machines may go there.")] = None
    discovery: Annotated[Discovery | None, Doc("How a joining node finds the cluster.")] = None
    kind: Annotated[str, Doc("Its kind.")] = ""
    node_registration: Annotated[NodeRegistration | None, Doc("How the node is registered.")] = None
    patches: Annotated[Patches | None, Doc("Patches.")] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...], Doc("Skip phases."), Extra(max_items=50)
    ] = ()


class Ntp(Model):
    """Time servers."""

    enabled: Annotated[bool | None, Doc("Enabled.")] = None
    servers: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], Doc("Servers."), Extra(max_items=100)
    ] = ()


class Users(Model):
    """Users to make."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    gecos: Annotated[str, Doc("Gecos."), Meta(min_length=1, max_length=256)] = ""
    groups: Annotated[str, Doc("Groups."), Meta(min_length=1, max_length=256)] = ""
    home_dir: Annotated[str, Doc("Home dir."), Meta(min_length=1, max_length=256)] = ""
    inactive: Annotated[bool | None, Doc("Inactive.")] = None
    lock_password: Annotated[bool | None, Doc("Lock password.")] = None
    passwd: Annotated[str, Doc("Passwd."), Meta(min_length=1, max_length=256)] = ""
    passwd_from: Annotated[ContentFrom | None, Doc("Passwd from.")] = None
    primary_group: Annotated[str, Doc("Primary group."), Meta(min_length=1, max_length=256)] = ""
    shell: Annotated[str, Doc("Shell."), Meta(min_length=1, max_length=256)] = ""
    ssh_authorized_keys: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=2048)], ...],
        Doc("Ssh authorized keys."),
        Extra(max_items=100),
    ] = ()
    sudo: Annotated[str, Doc("Sudo."), Meta(min_length=1, max_length=256)] = ""


class KubeadmConfigSpec(Model):
    """What is asked for."""

    boot_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands early in the boot."),
        Extra(max_items=1000),
    ] = ()
    cluster_configuration: Annotated[ClusterConfiguration | None, Doc("kubeadm's ClusterConfiguration.")] = None
    disk_setup: Annotated[DiskSetup | None, Doc("Disks to prepare.")] = None
    files: Annotated[tuple[Files, ...], Doc("Files to write."), Extra(max_items=200)] = ()
    format: Annotated[Literal["cloud-config", "ignition"] | None, Doc("Form of the bootstrap data.")] = None
    ignition: Annotated[Ignition | None, Doc("Settings of Ignition.")] = None
    init_configuration: Annotated[InitConfiguration | None, Doc("kubeadm's InitConfiguration.")] = None
    join_configuration: Annotated[JoinConfiguration | None, Doc("kubeadm's JoinConfiguration.")] = None
    mounts: Annotated[
        tuple[tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], ...],
        Doc("File systems to mount."),
        Extra(max_items=100),
    ] = ()
    ntp: Annotated[Ntp | None, Doc("Time servers.")] = None
    post_kubeadm_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands after kubeadm."),
        Extra(max_items=1000),
    ] = ()
    pre_kubeadm_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands before kubeadm."),
        Extra(max_items=1000),
    ] = ()
    use_experimental_retry_join: Annotated[bool | None, Doc("Use experimental retry join.")] = None
    users: Annotated[tuple[Users, ...], Doc("Users to make."), Extra(max_items=100)] = ()
    verbosity: Annotated[int | None, Doc("How much kubeadm says."), Extra(format="int32")] = None


class V1beta2(Model):
    """V1beta2."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()


class KubeadmConfigStatus(Model):
    """What is so."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    data_secret_name: Annotated[str, Doc("Secret with the bootstrap data."), Meta(min_length=1, max_length=253)] = ""
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed."), Meta(min_length=1, max_length=256)] = ""
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Extra(format="int64")] = None
    ready: Annotated[bool | None, Doc("Whether the VM runs and has its addresses.")] = None
    v1beta2: Annotated[V1beta2 | None, Doc("V1beta2.")] = None


class KubeadmConfig(Resource, kw_only=True):
    """How one machine becomes a node, through kubeadm."""

    spec: Annotated[KubeadmConfigSpec | None, Doc("What is asked for.")] = None
    status: Annotated[KubeadmConfigStatus | None, Doc("What is so.")] = None


class KubeadmConfigTemplateContent(Model):
    """What the machines look like."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations.")] = None
    spec: Annotated[KubeadmConfigSpec | None, Doc("What is asked for.")] = None


class KubeadmConfigTemplateSpec(Model):
    """What is asked for."""

    template: Annotated[KubeadmConfigTemplateContent, Doc("What the machines look like.")]


class KubeadmConfigTemplate(Resource, kw_only=True):
    """How the machines of a MachineDeployment become nodes."""

    spec: Annotated[KubeadmConfigTemplateSpec | None, Doc("What is asked for.")] = None
