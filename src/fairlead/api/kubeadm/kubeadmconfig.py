"""KubeadmConfig and KubeadmConfigTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition, Metadata, V1Beta1Condition
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class ExtraArgs(Model):
    """Further arguments."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    value: Annotated[str, Doc("The value."), Meta(min_length=0, max_length=1024)]


class ConfigMapKeyRef(Model):
    """Config map key ref."""

    key: Annotated[str, Doc("Label key.")]
    name: Annotated[str, Doc("Its name."), Extra(default="")] = ""
    optional: Annotated[bool | None, Doc("Optional.")] = None


class FieldRef(Model):
    """Field ref."""

    field_path: Annotated[str, Doc("Field path.")]
    api_version: Annotated[str, Doc("Api version.")] = ""


class FileKeyRef(Model):
    """File key ref."""

    key: Annotated[str, Doc("Label key.")]
    path: Annotated[str, Doc("Its path.")]
    volume_name: Annotated[str, Doc("Volume name.")]
    optional: Annotated[bool | None, Doc("Optional."), Extra(default=False)] = None


class ResourceFieldRef(Model):
    """Resource field ref."""

    resource: Annotated[str, Doc("Resource.")]
    container_name: Annotated[str, Doc("Container name.")] = ""
    divisor: Annotated[
        IntOrString | None,
        Doc("Divisor."),
        Extra(
            pattern="^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
        ),
    ] = None


class ValueFrom(Model):
    """Value from."""

    config_map_key_ref: Annotated[ConfigMapKeyRef | None, Doc("Config map key ref."), Extra(map_type="atomic")] = None
    field_ref: Annotated[FieldRef | None, Doc("Field ref."), Extra(map_type="atomic")] = None
    file_key_ref: Annotated[FileKeyRef | None, Doc("File key ref."), Extra(map_type="atomic")] = None
    resource_field_ref: Annotated[ResourceFieldRef | None, Doc("Resource field ref."), Extra(map_type="atomic")] = None
    secret_key_ref: Annotated[ConfigMapKeyRef | None, Doc("Secret key ref."), Extra(map_type="atomic")] = None


class ExtraEnvs(Model):
    """Further environment variables."""

    name: Annotated[str, Doc("Its name.")]
    value: Annotated[str, Doc("The value.")] = ""
    value_from: Annotated[ValueFrom | None, Doc("Value from.")] = None


class ExtraVolumes(Model):
    """Further volumes."""

    host_path: Annotated[str, Doc("Host path."), Meta(min_length=1, max_length=512)]
    mount_path: Annotated[str, Doc("Mount path."), Meta(min_length=1, max_length=512)]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=512)]
    path_type: Annotated[str, Doc("Path type.")] = ""
    read_only: Annotated[bool | None, Doc("Read only.")] = None


class ApiServer(Model):
    """Settings of the API server."""

    cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Further names in the API server's certificate."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = field(name="certSANs", default=())
    extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments."),
        Extra(
            min_items=1,
            max_items=100,
            list_map_keys=["name", "value"],
            list_type="map",
            validations=[
                {
                    "message": "extraArgs name must be unique",
                    "rule": "self.all(x, self.exists_one(y, x.name == y.name))",
                }
            ],
        ),
    ] = ()
    extra_envs: Annotated[
        tuple[ExtraEnvs, ...],
        Doc("Further environment variables."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    extra_volumes: Annotated[
        tuple[ExtraVolumes, ...], Doc("Further volumes."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()


class ControllerManager(Model):
    """Settings of the controller manager."""

    extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments."),
        Extra(
            min_items=1,
            max_items=100,
            list_map_keys=["name", "value"],
            list_type="map",
            validations=[
                {
                    "message": "extraArgs name must be unique",
                    "rule": "self.all(x, self.exists_one(y, x.name == y.name))",
                }
            ],
        ),
    ] = ()
    extra_envs: Annotated[
        tuple[ExtraEnvs, ...],
        Doc("Further environment variables."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    extra_volumes: Annotated[
        tuple[ExtraVolumes, ...], Doc("Further volumes."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()


class Dns(Model):
    """Settings of CoreDNS."""

    image_repository: Annotated[str, Doc("Where images come from."), Meta(min_length=1, max_length=512)] = ""
    image_tag: Annotated[str, Doc("Tag of the image."), Meta(min_length=1, max_length=256)] = ""


class External(Model):
    """etcd elsewhere."""

    ca_file: Annotated[str, Doc("Ca file."), Meta(min_length=1, max_length=512)]
    cert_file: Annotated[str, Doc("Cert file."), Meta(min_length=1, max_length=512)]
    endpoints: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Endpoints."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ]
    key_file: Annotated[str, Doc("Key file."), Meta(min_length=1, max_length=512)]


class Local(Model):
    """etcd on the control-plane machines."""

    data_dir: Annotated[str, Doc("Data dir."), Meta(min_length=1, max_length=512)] = ""
    extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments."),
        Extra(
            min_items=1,
            max_items=100,
            list_map_keys=["name", "value"],
            list_type="map",
            validations=[
                {
                    "message": "extraArgs name must be unique",
                    "rule": "self.all(x, self.exists_one(y, x.name == y.name))",
                }
            ],
        ),
    ] = ()
    extra_envs: Annotated[
        tuple[ExtraEnvs, ...],
        Doc("Further environment variables."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    image_repository: Annotated[str, Doc("Where images come from."), Meta(min_length=1, max_length=512)] = ""
    image_tag: Annotated[str, Doc("Tag of the image."), Meta(min_length=1, max_length=256)] = ""
    peer_cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Peer cert sa ns."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = field(name="peerCertSANs", default=())
    server_cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Server cert sa ns."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = field(name="serverCertSANs", default=())


class Etcd(Model):
    """Settings of etcd."""

    external: Annotated[External | None, Doc("etcd elsewhere.")] = None
    local: Annotated[Local | None, Doc("etcd on the control-plane machines."), Extra(min_properties=1)] = None


class ClusterConfiguration(Model):
    """kubeadm's ClusterConfiguration."""

    api_server: Annotated[ApiServer | None, Doc("Settings of the API server."), Extra(min_properties=1)] = None
    ca_certificate_validity_period_days: Annotated[
        int | None, Doc("Ca certificate validity period days."), Meta(ge=1, le=36500), Extra(format="int32")
    ] = None
    certificate_validity_period_days: Annotated[
        int | None, Doc("Certificate validity period days."), Meta(ge=1, le=1095), Extra(format="int32")
    ] = None
    certificates_dir: Annotated[str, Doc("Where certificates are."), Meta(min_length=1, max_length=512)] = ""
    control_plane_endpoint: Annotated[
        str, Doc("Where the control plane answers."), Meta(min_length=1, max_length=512)
    ] = ""
    controller_manager: Annotated[
        ControllerManager | None, Doc("Settings of the controller manager."), Extra(min_properties=1)
    ] = None
    dns: Annotated[Dns | None, Doc("Settings of CoreDNS."), Extra(min_properties=1)] = None
    encryption_algorithm: Annotated[
        Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"] | None, Doc("Encryption algorithm.")
    ] = None
    etcd: Annotated[Etcd | None, Doc("Settings of etcd."), Extra(min_properties=1)] = None
    feature_gates: Annotated[dict[str, bool], Doc("Feature gates.")] = {}
    image_repository: Annotated[str, Doc("Where images come from."), Meta(min_length=1, max_length=512)] = ""
    scheduler: Annotated[ControllerManager | None, Doc("Settings of the scheduler."), Extra(min_properties=1)] = None


class Filesystems(Model):
    """Filesystems."""

    GO: ClassVar[str] = "Filesystem"

    device: Annotated[str, Doc("Device."), Meta(min_length=1, max_length=256)]
    filesystem: Annotated[str, Doc("Filesystem."), Meta(min_length=1, max_length=128)]
    extra_opts: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Extra opts."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    label: Annotated[str, Doc("Label."), Meta(min_length=1, max_length=512)] = ""
    overwrite: Annotated[bool | None, Doc("Overwrite.")] = None
    partition: Annotated[str, Doc("Partition."), Meta(min_length=1, max_length=128)] = ""
    replace_fs: Annotated[str, Doc("Replace fs."), Meta(min_length=1, max_length=128)] = field(
        name="replaceFS", default=""
    )


class DiskLayout(Model):
    """Disk layout."""

    percentage: Annotated[int, Doc("Percentage."), Meta(ge=1, le=100), Extra(format="int32")]
    partition_type: Annotated[
        str,
        Doc("Partition type."),
        Meta(min_length=1, max_length=36),
        Extra(
            validations=[
                {
                    "message": "partitionType must be one of Linux, LinuxSwap, LinuxRAID, LVM, Fat32, NTFS, LinuxExtended or a full GPT partition GUID",
                    "rule": "self.matches('^(Linux|LinuxSwap|LinuxRAID|LVM|Fat32|NTFS|LinuxExtended|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$')",
                }
            ]
        ),
    ] = ""


class Partitions(Model):
    """Partitions."""

    device: Annotated[str, Doc("Device."), Meta(min_length=1, max_length=256)]
    disk_layout: Annotated[
        tuple[DiskLayout, ...], Doc("Disk layout."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()
    layout: Annotated[bool | None, Doc("Layout.")] = None
    overwrite: Annotated[bool | None, Doc("Overwrite.")] = None
    table_type: Annotated[Literal["mbr", "gpt"] | None, Doc("Table type.")] = None


class DiskSetup(Model):
    """Disks to prepare."""

    filesystems: Annotated[tuple[Filesystems, ...], Doc("Filesystems."), Extra(max_items=100, list_type="atomic")] = ()
    partitions: Annotated[
        tuple[
            Annotated[
                Partitions,
                Extra(
                    validations=[
                        {
                            "message": "exactly one of the fields in [layout diskLayout] must be set",
                            "rule": "[has(self.layout),has(self.diskLayout)].filter(x,x==true).size() == 1",
                        }
                    ]
                ),
            ],
            ...,
        ],
        Doc("Partitions."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()


class Secret(Model):
    """The Secret."""

    key: Annotated[str, Doc("Label key."), Meta(min_length=1, max_length=256)]
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)]


class ContentFrom(Model):
    """Content from."""

    secret: Annotated[Secret, Doc("The Secret.")]


class Files(Model):
    """Files to write."""

    GO: ClassVar[str] = "File"

    path: Annotated[str, Doc("Its path."), Meta(min_length=1, max_length=512)]
    append: Annotated[bool | None, Doc("Whether the content is appended.")] = None
    content: Annotated[str, Doc("Its content."), Meta(min_length=1, max_length=10240)] = ""
    content_format: Annotated[Literal["Raw", "Template"] | None, Doc("Content format.")] = None
    content_from: Annotated[ContentFrom | None, Doc("Content from.")] = None
    encoding: Annotated[Literal["base64", "gzip", "gzip+base64"] | None, Doc("How the content is encoded.")] = None
    owner: Annotated[str, Doc("User and group it belongs to."), Meta(min_length=1, max_length=256)] = ""
    permissions: Annotated[str, Doc("Its mode."), Meta(min_length=1, max_length=16)] = ""


class ContainerLinuxConfig(Model):
    """Container linux config."""

    additional_config: Annotated[str, Doc("Additional config."), Meta(min_length=1, max_length=32768)] = ""
    strict: Annotated[bool | None, Doc("Strict.")] = None


class Ignition(Model):
    """Settings of Ignition."""

    container_linux_config: Annotated[
        ContainerLinuxConfig | None, Doc("Container linux config."), Extra(min_properties=1)
    ] = None


class BootstrapTokens(Model):
    """Bootstrap tokens."""

    token: Annotated[str, Doc("The token."), Meta(min_length=1, max_length=23)]
    description: Annotated[str, Doc("Description."), Meta(min_length=1, max_length=512)] = ""
    expires: Annotated[str, Doc("Expires."), Extra(format="date-time")] = ""
    groups: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Groups."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    ttl_seconds: Annotated[int | None, Doc("Ttl seconds."), Meta(ge=0), Extra(format="int32")] = None
    usages: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Usages."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class LocalAPIEndpoint(Model):
    """Local api endpoint."""

    advertise_address: Annotated[str, Doc("Advertise address."), Meta(min_length=1, max_length=39)] = ""
    bind_port: Annotated[int | None, Doc("Bind port."), Meta(ge=1), Extra(format="int32")] = None


class Taints(Model):
    """Taints of the node."""

    effect: Annotated[str, Doc("Effect.")]
    key: Annotated[str, Doc("Label key.")]
    time_added: Annotated[str, Doc("Time added."), Extra(format="date-time")] = ""
    value: Annotated[str, Doc("The value.")] = ""


class NodeRegistration(Model):
    """How the node is registered."""

    cri_socket: Annotated[str, Doc("Socket of the container runtime."), Meta(min_length=1, max_length=512)] = ""
    ignore_preflight_errors: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Ignore preflight errors."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    image_pull_policy: Annotated[Literal["Always", "IfNotPresent", "Never"] | None, Doc("Image pull policy.")] = None
    image_pull_serial: Annotated[bool | None, Doc("Image pull serial.")] = None
    kubelet_extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments of the kubelet."),
        Extra(
            min_items=1,
            max_items=100,
            list_map_keys=["name", "value"],
            list_type="map",
            validations=[
                {
                    "message": "kubeletExtraArgs name must be unique",
                    "rule": "self.all(x, self.exists_one(y, x.name == y.name))",
                }
            ],
        ),
    ] = ()
    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=253)] = ""
    taints: Annotated[tuple[Taints, ...], Doc("Taints of the node."), Extra(min_items=0, max_items=100)] = ()


class Patches(Model):
    """Patches."""

    directory: Annotated[str, Doc("Directory."), Meta(min_length=1, max_length=512)] = ""


class Timeouts(Model):
    """Timeouts."""

    control_plane_component_health_check_seconds: Annotated[
        int | None, Doc("Control plane component health check seconds."), Meta(ge=0), Extra(format="int32")
    ] = None
    discovery_seconds: Annotated[int | None, Doc("Discovery seconds."), Meta(ge=0), Extra(format="int32")] = None
    etcd_api_call_seconds: Annotated[int | None, Doc("Etcd api call seconds."), Meta(ge=0), Extra(format="int32")] = (
        field(name="etcdAPICallSeconds", default=None)
    )
    kubelet_health_check_seconds: Annotated[
        int | None, Doc("Kubelet health check seconds."), Meta(ge=0), Extra(format="int32")
    ] = None
    kubernetes_api_call_seconds: Annotated[
        int | None, Doc("Kubernetes api call seconds."), Meta(ge=0), Extra(format="int32")
    ] = field(name="kubernetesAPICallSeconds", default=None)
    tls_bootstrap_seconds: Annotated[int | None, Doc("Tls bootstrap seconds."), Meta(ge=0), Extra(format="int32")] = (
        None
    )


class InitConfiguration(Model):
    """kubeadm's InitConfiguration."""

    bootstrap_tokens: Annotated[
        tuple[BootstrapTokens, ...], Doc("Bootstrap tokens."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()
    local_api_endpoint: Annotated[LocalAPIEndpoint | None, Doc("Local api endpoint."), Extra(min_properties=1)] = field(
        name="localAPIEndpoint", default=None
    )
    node_registration: Annotated[
        NodeRegistration | None, Doc("How the node is registered."), Extra(min_properties=1)
    ] = None
    patches: Annotated[Patches | None, Doc("Patches."), Extra(min_properties=1)] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Skip phases."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    timeouts: Annotated[Timeouts | None, Doc("Timeouts."), Extra(min_properties=1)] = None


class ControlPlane(Model):
    """Whether control-plane machines may go there."""

    local_api_endpoint: Annotated[LocalAPIEndpoint | None, Doc("Local api endpoint."), Extra(min_properties=1)] = field(
        name="localAPIEndpoint", default=None
    )


class BootstrapToken(Model):
    """The token it uses."""

    api_server_endpoint: Annotated[str, Doc("Api server endpoint."), Meta(min_length=1, max_length=512)] = ""
    ca_cert_hashes: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Pins of the cluster's CA."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    token: Annotated[str, Doc("The token."), Meta(min_length=1, max_length=512)] = ""
    unsafe_skip_ca_verification: Annotated[bool | None, Doc("Unsafe skip ca verification.")] = field(
        name="unsafeSkipCAVerification", default=None
    )


class AuthProvider(Model):
    """Auth provider."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=256)]
    config: Annotated[dict[str, str], Doc("Config.")] = {}


class Env(Model):
    """Env."""

    name: Annotated[str, Doc("Its name."), Meta(min_length=1, max_length=512)]
    value: Annotated[str, Doc("The value."), Meta(min_length=1, max_length=512)]


class Exec(Model):
    """Exec."""

    command: Annotated[str, Doc("Command."), Meta(min_length=1, max_length=1024)]
    api_version: Annotated[str, Doc("Api version."), Meta(min_length=1, max_length=512)] = ""
    args: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Args."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    env: Annotated[tuple[Env, ...], Doc("Env."), Extra(min_items=1, max_items=100, list_type="atomic")] = ()
    provide_cluster_info: Annotated[bool | None, Doc("Provide cluster info.")] = None


class User(Model):
    """User."""

    auth_provider: Annotated[AuthProvider | None, Doc("Auth provider.")] = None
    exec: Annotated[Exec | None, Doc("Exec.")] = None


class KubeadmConfigCluster(Model):
    """Cluster."""

    certificate_authority_data: Annotated[
        str, Doc("Certificate authority data."), Meta(min_length=1, max_length=51200), Extra(format="byte")
    ] = ""
    insecure_skip_tls_verify: Annotated[bool | None, Doc("Insecure skip tls verify.")] = field(
        name="insecureSkipTLSVerify", default=None
    )
    proxy_url: Annotated[str, Doc("Proxy url."), Meta(min_length=1, max_length=512)] = field(
        name="proxyURL", default=""
    )
    server: Annotated[str, Doc("Address of the vCenter."), Meta(min_length=1, max_length=512)] = ""
    tls_server_name: Annotated[str, Doc("Tls server name."), Meta(min_length=1, max_length=512)] = ""


class KubeConfig(Model):
    """Kube config."""

    user: Annotated[User, Doc("User."), Extra(min_properties=1)]
    cluster: Annotated[KubeadmConfigCluster | None, Doc("Cluster."), Extra(min_properties=1)] = None


class File(Model):
    """File."""

    kube_config_path: Annotated[str, Doc("Kube config path."), Meta(min_length=1, max_length=512)]
    kube_config: Annotated[KubeConfig | None, Doc("Kube config.")] = None


class Discovery(Model):
    """How a joining node finds the cluster."""

    bootstrap_token: Annotated[BootstrapToken | None, Doc("The token it uses."), Extra(min_properties=1)] = None
    file: Annotated[File | None, Doc("File.")] = None
    tls_bootstrap_token: Annotated[str, Doc("Tls bootstrap token."), Meta(min_length=1, max_length=512)] = ""


class JoinConfiguration(Model):
    """kubeadm's JoinConfiguration."""

    ca_cert_path: Annotated[str, Doc("Ca cert path."), Meta(min_length=1, max_length=512)] = ""
    control_plane: Annotated[ControlPlane | None, Doc("Whether control-plane machines may go there.")] = None
    discovery: Annotated[Discovery | None, Doc("How a joining node finds the cluster."), Extra(min_properties=1)] = None
    node_registration: Annotated[
        NodeRegistration | None, Doc("How the node is registered."), Extra(min_properties=1)
    ] = None
    patches: Annotated[Patches | None, Doc("Patches."), Extra(min_properties=1)] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Skip phases."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    timeouts: Annotated[Timeouts | None, Doc("Timeouts."), Extra(min_properties=1)] = None


class Ntp(Model):
    """Time servers."""

    enabled: Annotated[bool | None, Doc("Enabled.")] = None
    servers: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Servers."),
        Extra(max_items=100, list_type="atomic"),
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
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    sudo: Annotated[str, Doc("Sudo."), Meta(min_length=1, max_length=256)] = ""


class KubeadmConfigSpec(Model):
    """What is asked for."""

    boot_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands early in the boot."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    cluster_configuration: Annotated[
        ClusterConfiguration | None, Doc("kubeadm's ClusterConfiguration."), Extra(min_properties=1)
    ] = None
    disk_setup: Annotated[DiskSetup | None, Doc("Disks to prepare."), Extra(min_properties=1)] = None
    files: Annotated[
        tuple[Files, ...], Doc("Files to write."), Extra(min_items=1, max_items=200, list_type="atomic")
    ] = ()
    format: Annotated[Literal["cloud-config", "ignition"] | None, Doc("Form of the bootstrap data.")] = None
    ignition: Annotated[Ignition | None, Doc("Settings of Ignition."), Extra(min_properties=1)] = None
    init_configuration: Annotated[
        InitConfiguration | None, Doc("kubeadm's InitConfiguration."), Extra(min_properties=1)
    ] = None
    join_configuration: Annotated[
        JoinConfiguration | None, Doc("kubeadm's JoinConfiguration."), Extra(min_properties=1)
    ] = None
    mounts: Annotated[
        tuple[
            Annotated[
                tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], Extra(min_items=1, max_items=100)
            ],
            ...,
        ],
        Doc("File systems to mount."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    ntp: Annotated[Ntp | None, Doc("Time servers."), Extra(min_properties=1)] = None
    post_kubeadm_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands after kubeadm."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    pre_kubeadm_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands before kubeadm."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    users: Annotated[
        tuple[Users, ...], Doc("Users to make."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()
    verbosity: Annotated[int | None, Doc("How much kubeadm says."), Extra(format="int32")] = None


class V1beta1(Model):
    """Fields of v1beta1."""

    conditions: Annotated[tuple[V1Beta1Condition, ...], Doc("What is known of the object's state.")] = ()
    failure_message: Annotated[str, Doc("How the machine failed."), Meta(min_length=1, max_length=10240)] = ""
    failure_reason: Annotated[str, Doc("Why the machine failed."), Meta(min_length=1, max_length=256)] = ""


class Deprecated(Model):
    """Fields of older API versions."""

    v1beta1: Annotated[V1beta1 | None, Doc("Fields of v1beta1.")] = None


class Initialization(Model):
    """Whether the first provisioning is done."""

    data_secret_created: Annotated[bool | None, Doc("Data secret created.")] = None


class KubeadmConfigStatus(Model):
    """What is so."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What is known of the object's state."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    data_secret_name: Annotated[str, Doc("Secret with the bootstrap data."), Meta(min_length=1, max_length=253)] = ""
    deprecated: Annotated[Deprecated | None, Doc("Fields of older API versions.")] = None
    initialization: Annotated[
        Initialization | None, Doc("Whether the first provisioning is done."), Extra(min_properties=1)
    ] = None
    observed_generation: Annotated[int | None, Doc("Generation it speaks of."), Meta(ge=1), Extra(format="int64")] = (
        None
    )


class KubeadmConfig(Resource, kw_only=True):
    """How one machine becomes a node, through kubeadm."""

    spec: Annotated[KubeadmConfigSpec | None, Doc("What is asked for."), Extra(min_properties=1)] = None
    status: Annotated[KubeadmConfigStatus | None, Doc("What is so."), Extra(min_properties=1)] = None


class KubeadmConfigTemplateContent(Model):
    """What the machines look like."""

    metadata: Annotated[Metadata | None, Doc("Labels and annotations."), Extra(min_properties=1)] = None
    spec: Annotated[KubeadmConfigSpec | None, Doc("What is asked for."), Extra(min_properties=1)] = None


class KubeadmConfigTemplateSpec(Model):
    """What is asked for."""

    template: Annotated[KubeadmConfigTemplateContent, Doc("What the machines look like."), Extra(min_properties=1)]


class KubeadmConfigTemplate(Resource, kw_only=True):
    """How the machines of a MachineDeployment become nodes."""

    spec: Annotated[KubeadmConfigTemplateSpec | None, Doc("What is asked for.")] = None
