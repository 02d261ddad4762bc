"""KubeadmConfig and KubeadmConfigTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition, Metadata, V1Beta1Condition
from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model, Resource


class ExtraArgs(Model):
    """An argument of a program."""

    name: Annotated[
        str,
        Doc("Name of the argument, without the leading dashes; may be given several times."),
        Meta(min_length=1, max_length=256),
    ]
    value: Annotated[str, Doc("Value of the argument."), Meta(min_length=0, max_length=1024)]


class ConfigMapKeyRef(Model):
    """One key of a ConfigMap or Secret."""

    key: Annotated[str, Doc("Key in its data.")]
    name: Annotated[str, Doc("Name of the ConfigMap or Secret."), Extra(default="")] = ""
    optional: Annotated[bool | None, Doc("True if it may be missing.")] = None


class FieldRef(Model):
    """A field of the Pod."""

    field_path: Annotated[str, Doc("Path of the field, such as status.hostIP.")]
    api_version: Annotated[str, Doc("API version that the path is of; v1 if unset.")] = ""


class FileKeyRef(Model):
    """A variable from a file."""

    key: Annotated[str, Doc("Variable in the file.")]
    path: Annotated[str, Doc("Path of the file in the volume.")]
    volume_name: Annotated[str, Doc("Volume that holds the file.")]
    optional: Annotated[bool | None, Doc("True if it may be missing."), Extra(default=False)] = None


class ResourceFieldRef(Model):
    """A resource limit or request of a container."""

    resource: Annotated[str, Doc("The resource, such as limits.cpu.")]
    container_name: Annotated[str, Doc("Name of the container; needed for volumes.")] = ""
    divisor: Annotated[
        IntOrString | None,
        Doc("The unit to tell it in; 1 if unset."),
        Extra(
            pattern="^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
        ),
    ] = None


class ValueFrom(Model):
    """Where the value of a variable comes from."""

    config_map_key_ref: Annotated[ConfigMapKeyRef | None, Doc("A key of a ConfigMap."), Extra(map_type="atomic")] = None
    field_ref: Annotated[FieldRef | None, Doc("A field of the Pod."), Extra(map_type="atomic")] = None
    file_key_ref: Annotated[FileKeyRef | None, Doc("A variable from a file."), Extra(map_type="atomic")] = None
    resource_field_ref: Annotated[
        ResourceFieldRef | None, Doc("A resource limit or request of the container."), Extra(map_type="atomic")
    ] = None
    secret_key_ref: Annotated[ConfigMapKeyRef | None, Doc("A key of a Secret."), Extra(map_type="atomic")] = None


class ExtraEnvs(Model):
    """An environment variable."""

    name: Annotated[str, Doc("Name of the variable.")]
    value: Annotated[str, Doc("Value of the variable.")] = ""
    value_from: Annotated[ValueFrom | None, Doc("Where the value comes from, instead of value.")] = None


class ExtraVolumes(Model):
    """A directory or file of the host in the Pod."""

    host_path: Annotated[str, Doc("Path on the host."), Meta(min_length=1, max_length=512)]
    mount_path: Annotated[str, Doc("Path in the Pod."), Meta(min_length=1, max_length=512)]
    name: Annotated[str, Doc("Name of the volume in the Pod."), Meta(min_length=1, max_length=512)]
    path_type: Annotated[str, Doc("What the path must be or is made to be, such as File or DirectoryOrCreate.")] = ""
    read_only: Annotated[bool | None, Doc("Whether the Pod may only read it.")] = None


class ApiServer(Model):
    """Settings of the API server."""

    cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Further names and addresses in the API server's certificate."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = field(name="certSANs", default=())
    extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments, without the leading dashes."),
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
        tuple[ExtraVolumes, ...],
        Doc("Directories and files of the host to mount into the Pod."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class ControllerManager(Model):
    """Settings of the controller manager, or of the scheduler."""

    extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments, without the leading dashes."),
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
        tuple[ExtraVolumes, ...],
        Doc("Directories and files of the host to mount into the Pod."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class Dns(Model):
    """Settings of CoreDNS."""

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


class External(Model):
    """etcd that runs elsewhere."""

    ca_file: Annotated[str, Doc("File with etcd's CA certificate."), Meta(min_length=1, max_length=512)]
    cert_file: Annotated[str, Doc("File with the client certificate."), Meta(min_length=1, max_length=512)]
    endpoints: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Addresses of the members, such as https://etcd-1:2379."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ]
    key_file: Annotated[str, Doc("File with the client certificate's key."), Meta(min_length=1, max_length=512)]


class Local(Model):
    """etcd on the control-plane machines."""

    data_dir: Annotated[
        str, Doc("Directory of etcd's data; /var/lib/etcd if unset."), Meta(min_length=1, max_length=512)
    ] = ""
    extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments, without the leading dashes."),
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
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = field(name="peerCertSANs", default=())
    server_cert_sa_ns: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=253)], ...],
        Doc("Further names and addresses in the certificate for clients."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = field(name="serverCertSANs", default=())


class Etcd(Model):
    """Where etcd runs; one of external and local."""

    external: Annotated[External | None, Doc("etcd that runs elsewhere.")] = None
    local: Annotated[Local | None, Doc("etcd on the control-plane machines; the default."), Extra(min_properties=1)] = (
        None
    )


class ClusterConfiguration(Model):
    """Settings of the whole cluster, as kubeadm has them."""

    api_server: Annotated[ApiServer | None, Doc("Settings of the API server."), Extra(min_properties=1)] = None
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
    control_plane_endpoint: Annotated[
        str, Doc("Address of the API; Cluster API fills it in."), Meta(min_length=1, max_length=512)
    ] = ""
    controller_manager: Annotated[
        ControllerManager | None, Doc("Settings of the controller manager."), Extra(min_properties=1)
    ] = None
    dns: Annotated[Dns | None, Doc("Settings of CoreDNS."), Extra(min_properties=1)] = None
    encryption_algorithm: Annotated[
        Literal["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"] | None,
        Doc("Kind of the keys that kubeadm makes, such as RSA-2048 or ECDSA-P256."),
    ] = None
    etcd: Annotated[Etcd | None, Doc("Where etcd runs."), Extra(min_properties=1)] = None
    feature_gates: Annotated[dict[str, bool], Doc("Features of kubeadm to switch on or off.")] = {}
    image_repository: Annotated[
        str,
        Doc("Registry and path that images are pulled from, instead of registry.k8s.io."),
        Meta(min_length=1, max_length=512),
    ] = ""
    scheduler: Annotated[ControllerManager | None, Doc("Settings of the scheduler."), Extra(min_properties=1)] = None


class Filesystems(Model):
    """A file system to make."""

    GO: ClassVar[str] = "Filesystem"

    device: Annotated[str, Doc("Device, such as /dev/sdb."), Meta(min_length=1, max_length=256)]
    filesystem: Annotated[str, Doc("Kind of file system, such as ext4."), Meta(min_length=1, max_length=128)]
    extra_opts: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Further options of mkfs."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    label: Annotated[str, Doc("Label of the file system."), Meta(min_length=1, max_length=512)] = ""
    overwrite: Annotated[bool | None, Doc("Whether a file system that is there already is overwritten.")] = None
    partition: Annotated[
        str, Doc("Partition to use: auto, any, none or a number."), Meta(min_length=1, max_length=128)
    ] = ""
    replace_fs: Annotated[
        str, Doc("Kind of file system on the device that may be replaced."), Meta(min_length=1, max_length=128)
    ] = field(name="replaceFS", default="")


class DiskLayout(Model):
    """A partition of a layout."""

    percentage: Annotated[int, Doc("Share of the disk, in percent."), Meta(ge=1, le=100), Extra(format="int32")]
    partition_type: Annotated[
        str,
        Doc("Type of the partition."),
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
    """A disk to partition."""

    device: Annotated[str, Doc("Device, such as /dev/sdb."), Meta(min_length=1, max_length=256)]
    disk_layout: Annotated[
        tuple[DiskLayout, ...],
        Doc("The partitions; instead of layout."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    layout: Annotated[bool | None, Doc("True makes one partition of the whole disk.")] = None
    overwrite: Annotated[bool | None, Doc("Whether what is there already is overwritten.")] = None
    table_type: Annotated[Literal["mbr", "gpt"] | None, Doc("mbr or gpt.")] = None


class DiskSetup(Model):
    """Disks to prepare before anything else."""

    filesystems: Annotated[
        tuple[Filesystems, ...], Doc("File systems to make."), Extra(max_items=100, list_type="atomic")
    ] = ()
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
        Doc("Disks to partition."),
        Extra(max_items=100, list_type="atomic"),
    ] = ()


class Secret(Model):
    """One key of a Secret."""

    key: Annotated[str, Doc("Key in its data."), Meta(min_length=1, max_length=256)]
    name: Annotated[str, Doc("Name of the Secret, in the same namespace."), Meta(min_length=1, max_length=253)]


class ContentFrom(Model):
    """Where a content comes from."""

    secret: Annotated[Secret, Doc("A key of a Secret.")]


class Files(Model):
    """A file to write before kubeadm runs."""

    GO: ClassVar[str] = "File"

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


class ContainerLinuxConfig(Model):
    """Settings in Container Linux Config's form."""

    additional_config: Annotated[
        str, Doc("Container Linux Config to merge with what is made."), Meta(min_length=1, max_length=32768)
    ] = ""
    strict: Annotated[bool | None, Doc("Whether warnings about that config are errors.")] = None


class Ignition(Model):
    """Settings for machines that boot with Ignition."""

    container_linux_config: Annotated[
        ContainerLinuxConfig | None, Doc("Further settings in Container Linux Config's form."), Extra(min_properties=1)
    ] = None


class BootstrapTokens(Model):
    """A token with which machines may join."""

    token: Annotated[str, Doc("The token, such as abcdef.0123456789abcdef."), Meta(min_length=1, max_length=23)]
    description: Annotated[str, Doc("What the token is for."), Meta(min_length=1, max_length=512)] = ""
    expires: Annotated[str, Doc("When the token ends."), Extra(format="date-time")] = ""
    groups: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Groups that users of the token are in."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    ttl_seconds: Annotated[
        int | None, Doc("Seconds that the token is good for; 0 is for ever."), Meta(ge=0), Extra(format="int32")
    ] = None
    usages: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("What the token may be used for: signing, authentication."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class LocalAPIEndpoint(Model):
    """Where a machine's API server listens."""

    advertise_address: Annotated[
        str,
        Doc("Address that it tells others; the machine's main address if unset."),
        Meta(min_length=1, max_length=39),
    ] = ""
    bind_port: Annotated[int | None, Doc("Port; 6443 if unset."), Meta(ge=1), Extra(format="int32")] = None


class Taints(Model):
    """A taint of a node: Pods that do not tolerate it stay away."""

    effect: Annotated[str, Doc("What happens to Pods without a toleration: NoSchedule, PreferNoSchedule or NoExecute.")]
    key: Annotated[str, Doc("Key of the taint.")]
    time_added: Annotated[str, Doc("When the taint was added."), Extra(format="date-time")] = ""
    value: Annotated[str, Doc("Value of the taint.")] = ""


class NodeRegistration(Model):
    """How the machine becomes a Node."""

    cri_socket: Annotated[str, Doc("Socket of the container runtime."), Meta(min_length=1, max_length=512)] = ""
    ignore_preflight_errors: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Checks of kubeadm whose failure is only a warning; all for every check."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    image_pull_policy: Annotated[
        Literal["Always", "IfNotPresent", "Never"] | None,
        Doc("When kubeadm pulls images: Always, IfNotPresent or Never."),
    ] = None
    image_pull_serial: Annotated[bool | None, Doc("Whether kubeadm pulls one image after the other.")] = None
    kubelet_extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments of the kubelet, without the leading dashes."),
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
    name: Annotated[
        str, Doc("Name of the Node; the machine's host name if unset."), Meta(min_length=1, max_length=253)
    ] = ""
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the Node; unset gives control planes theirs, an empty list none."),
        Extra(min_items=0, max_items=100),
    ] = ()


class Patches(Model):
    """Changes to the Pods' manifests before they start."""

    directory: Annotated[
        str,
        Doc("Directory of the host with patches, such as kube-apiserver0+merge.yaml."),
        Meta(min_length=1, max_length=512),
    ] = ""


class Timeouts(Model):
    """How long kubeadm waits for what."""

    control_plane_component_health_check_seconds: Annotated[
        int | None,
        Doc("Seconds for a control-plane component to be healthy; 240 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    discovery_seconds: Annotated[
        int | None, Doc("Seconds for finding the cluster; 300 if unset."), Meta(ge=0), Extra(format="int32")
    ] = None
    etcd_api_call_seconds: Annotated[
        int | None, Doc("Seconds for calls to etcd; 120 if unset."), Meta(ge=0), Extra(format="int32")
    ] = field(name="etcdAPICallSeconds", default=None)
    kubelet_health_check_seconds: Annotated[
        int | None, Doc("Seconds for the kubelet to be healthy; 240 if unset."), Meta(ge=0), Extra(format="int32")
    ] = None
    kubernetes_api_call_seconds: Annotated[
        int | None, Doc("Seconds for calls to the Kubernetes API; 60 if unset."), Meta(ge=0), Extra(format="int32")
    ] = field(name="kubernetesAPICallSeconds", default=None)
    tls_bootstrap_seconds: Annotated[
        int | None,
        Doc("Seconds for the kubelet to get its certificate; 300 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None


class InitConfiguration(Model):
    """Settings of the first control-plane machine, as kubeadm has them."""

    bootstrap_tokens: Annotated[
        tuple[BootstrapTokens, ...],
        Doc("Tokens to make; Cluster API makes its own and needs none here."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    local_api_endpoint: Annotated[
        LocalAPIEndpoint | None, Doc("Where this machine's API server listens."), Extra(min_properties=1)
    ] = field(name="localAPIEndpoint", default=None)
    node_registration: Annotated[
        NodeRegistration | None, Doc("How the machine becomes a Node."), Extra(min_properties=1)
    ] = None
    patches: Annotated[
        Patches | None, Doc("Changes to the Pods' manifests before they start."), Extra(min_properties=1)
    ] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Phases of kubeadm to leave out, such as addon/kube-proxy."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    timeouts: Annotated[Timeouts | None, Doc("How long kubeadm waits for what."), Extra(min_properties=1)] = None


class ControlPlane(Model):
    """Settings of a joining control-plane machine."""

    local_api_endpoint: Annotated[
        LocalAPIEndpoint | None, Doc("Where its API server listens."), Extra(min_properties=1)
    ] = field(name="localAPIEndpoint", default=None)


class BootstrapToken(Model):
    """The token a machine joins with."""

    api_server_endpoint: Annotated[
        str, Doc("Address of the API server, such as 10.0.0.10:6443."), Meta(min_length=1, max_length=512)
    ] = ""
    ca_cert_hashes: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Hashes that the cluster's CA must have, such as sha256:…."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    token: Annotated[str, Doc("The token."), Meta(min_length=1, max_length=512)] = ""
    unsafe_skip_ca_verification: Annotated[bool | None, Doc("Whether any CA is believed.")] = field(
        name="unsafeSkipCAVerification", default=None
    )


class AuthProvider(Model):
    """A plugin that logs in."""

    name: Annotated[str, Doc("Name of the plugin."), Meta(min_length=1, max_length=256)]
    config: Annotated[dict[str, str], Doc("Settings of the plugin.")] = {}


class Env(Model):
    """An environment variable."""

    name: Annotated[str, Doc("Name of the variable."), Meta(min_length=1, max_length=512)]
    value: Annotated[str, Doc("Value of the variable."), Meta(min_length=1, max_length=512)]


class Exec(Model):
    """A program that gets credentials."""

    command: Annotated[str, Doc("The program."), Meta(min_length=1, max_length=1024)]
    api_version: Annotated[str, Doc("API version of what it prints."), Meta(min_length=1, max_length=512)] = ""
    args: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Its arguments."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    env: Annotated[
        tuple[Env, ...], Doc("Further environment variables."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()
    provide_cluster_info: Annotated[bool | None, Doc("Whether it is told about the cluster.")] = None


class User(Model):
    """How to log in."""

    auth_provider: Annotated[AuthProvider | None, Doc("A plugin that logs in.")] = None
    exec: Annotated[Exec | None, Doc("A program that gets credentials.")] = None


class KubeadmConfigCluster(Model):
    """The cluster to connect to."""

    certificate_authority_data: Annotated[
        str,
        Doc("The cluster's CA certificate; Cluster API fills it in."),
        Meta(min_length=1, max_length=51200),
        Extra(format="byte"),
    ] = ""
    insecure_skip_tls_verify: Annotated[bool | None, Doc("Whether any certificate is believed.")] = field(
        name="insecureSkipTLSVerify", default=None
    )
    proxy_url: Annotated[str, Doc("Proxy for the connection."), Meta(min_length=1, max_length=512)] = field(
        name="proxyURL", default=""
    )
    server: Annotated[str, Doc("Address of the API; Cluster API fills it in."), Meta(min_length=1, max_length=512)] = ""
    tls_server_name: Annotated[
        str, Doc("Name that the server's certificate must have."), Meta(min_length=1, max_length=512)
    ] = ""


class KubeConfig(Model):
    """A kubeconfig to write."""

    user: Annotated[User, Doc("How to log in."), Extra(min_properties=1)]
    cluster: Annotated[KubeadmConfigCluster | None, Doc("The cluster to connect to."), Extra(min_properties=1)] = None


class File(Model):
    """Finding the cluster by a kubeconfig."""

    kube_config_path: Annotated[str, Doc("Path of the kubeconfig, or its URL."), Meta(min_length=1, max_length=512)]
    kube_config: Annotated[KubeConfig | None, Doc("A kubeconfig to write to that path.")] = None


class Discovery(Model):
    """How a joining machine finds the cluster."""

    bootstrap_token: Annotated[
        BootstrapToken | None, Doc("By a token; Cluster API fills it in."), Extra(min_properties=1)
    ] = None
    file: Annotated[File | None, Doc("By a kubeconfig.")] = None
    tls_bootstrap_token: Annotated[
        str,
        Doc("Token for the kubelet's certificate; that of bootstrapToken if unset."),
        Meta(min_length=1, max_length=512),
    ] = ""


class JoinConfiguration(Model):
    """Settings of machines that join, as kubeadm has them."""

    ca_cert_path: Annotated[
        str,
        Doc("File of the cluster's CA certificate; /etc/kubernetes/pki/ca.crt if unset."),
        Meta(min_length=1, max_length=512),
    ] = ""
    control_plane: Annotated[
        ControlPlane | None, Doc("Set if the machine joins the control plane; Cluster API fills it in.")
    ] = None
    discovery: Annotated[
        Discovery | None,
        Doc("How a joining machine finds the cluster; Cluster API fills it in."),
        Extra(min_properties=1),
    ] = None
    node_registration: Annotated[
        NodeRegistration | None, Doc("How the machine becomes a Node."), Extra(min_properties=1)
    ] = None
    patches: Annotated[
        Patches | None, Doc("Changes to the Pods' manifests before they start."), Extra(min_properties=1)
    ] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Phases of kubeadm to leave out, such as addon/kube-proxy."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    timeouts: Annotated[Timeouts | None, Doc("How long kubeadm waits for what."), Extra(min_properties=1)] = None


class Ntp(Model):
    """Time servers."""

    enabled: Annotated[bool | None, Doc("Whether the time is kept in step.")] = None
    servers: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Names or addresses of the time servers."),
        Extra(max_items=100, list_type="atomic"),
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
        Extra(max_items=100, list_type="atomic"),
    ] = ()
    sudo: Annotated[str, Doc("Rule for sudo, such as ALL=(ALL) NOPASSWD:ALL."), Meta(min_length=1, max_length=256)] = ""


class KubeadmConfigSpec(Model):
    """How a machine becomes a node."""

    boot_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands early in each boot."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    cluster_configuration: Annotated[
        ClusterConfiguration | None,
        Doc("Settings of the whole cluster; used by the first control-plane machine."),
        Extra(min_properties=1),
    ] = None
    disk_setup: Annotated[DiskSetup | None, Doc("Disks to partition and format."), Extra(min_properties=1)] = None
    files: Annotated[
        tuple[Files, ...],
        Doc("Files to write before kubeadm runs."),
        Extra(min_items=1, max_items=200, list_type="atomic"),
    ] = ()
    format: Annotated[
        Literal["cloud-config", "ignition"] | None,
        Doc("Form of the boot data: cloud-config (the default) or ignition."),
    ] = None
    ignition: Annotated[
        Ignition | None, Doc("Settings for machines that boot with Ignition."), Extra(min_properties=1)
    ] = None
    init_configuration: Annotated[
        InitConfiguration | None, Doc("Settings of the first control-plane machine."), Extra(min_properties=1)
    ] = None
    join_configuration: Annotated[
        JoinConfiguration | None, Doc("Settings of all machines that join."), Extra(min_properties=1)
    ] = None
    mounts: Annotated[
        tuple[
            Annotated[
                tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...], Extra(min_items=1, max_items=100)
            ],
            ...,
        ],
        Doc("File systems to mount, as the columns of /etc/fstab."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    ntp: Annotated[Ntp | None, Doc("Time servers."), Extra(min_properties=1)] = None
    post_kubeadm_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands after kubeadm has run."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    pre_kubeadm_commands: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=10240)], ...],
        Doc("Commands before kubeadm runs."),
        Extra(min_items=1, max_items=1000, list_type="atomic"),
    ] = ()
    users: Annotated[
        tuple[Users, ...], Doc("Users to make."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()
    verbosity: Annotated[int | None, Doc("How much kubeadm logs, as a number."), Extra(format="int32")] = None


class V1beta1(Model):
    """Fields of API version v1beta1."""

    conditions: Annotated[
        tuple[V1Beta1Condition, ...], Doc("What the controllers have found out about the object, one entry per type.")
    ] = ()
    failure_message: Annotated[
        str,
        Doc("Deprecated: a description of an error that cannot be recovered from."),
        Meta(min_length=1, max_length=10240),
    ] = ""
    failure_reason: Annotated[
        str, Doc("Deprecated: a word for an error that cannot be recovered from."), Meta(min_length=1, max_length=256)
    ] = ""


class Deprecated(Model):
    """Fields that older API versions still show."""

    v1beta1: Annotated[V1beta1 | None, Doc("Fields of API version v1beta1.")] = None


class Initialization(Model):
    """What has been done once and will not be undone."""

    data_secret_created: Annotated[bool | None, Doc("True once the boot data has been written.")] = None


class KubeadmConfigStatus(Model):
    """What was found, written by controllers."""

    conditions: Annotated[
        tuple[Condition, ...],
        Doc("What the controllers have found out about the object, one entry per type."),
        Extra(max_items=32, list_map_keys=["type"], list_type="map"),
    ] = ()
    data_secret_name: Annotated[str, Doc("Secret with the boot data."), Meta(min_length=1, max_length=253)] = ""
    deprecated: Annotated[Deprecated | None, Doc("Fields that older API versions still show.")] = None
    initialization: Annotated[
        Initialization | None, Doc("What has been done once and will not be undone."), Extra(min_properties=1)
    ] = None
    observed_generation: Annotated[
        int | None, Doc("The metadata.generation that this status describes."), Meta(ge=1), Extra(format="int64")
    ] = None


class KubeadmConfig(Resource, kw_only=True):
    """How one machine becomes a node, through kubeadm."""

    spec: Annotated[KubeadmConfigSpec | None, Doc("What is asked for."), Extra(min_properties=1)] = None
    status: Annotated[
        KubeadmConfigStatus | None, Doc("What was found, written by controllers."), Extra(min_properties=1)
    ] = None


class KubeadmConfigTemplateResource(Model):
    """What KubeadmConfigs are made from."""

    metadata: Annotated[
        Metadata | None,
        Doc("Labels and annotations of the machines, beside those of the ClusterClass."),
        Extra(min_properties=1),
    ] = None
    spec: Annotated[KubeadmConfigSpec | None, Doc("What is asked for."), Extra(min_properties=1)] = None


class KubeadmConfigTemplateSpec(Model):
    """What is asked for."""

    template: Annotated[KubeadmConfigTemplateResource, Doc("What the objects are made from."), Extra(min_properties=1)]


class KubeadmConfigTemplate(Resource, kw_only=True):
    """How the machines of a MachineDeployment become nodes."""

    spec: Annotated[KubeadmConfigTemplateSpec | None, Doc("What is asked for.")] = None
