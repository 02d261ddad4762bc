"""What kubeadm is told of a cluster as a whole: etcd, the control plane's programs, names and registries.

Source: cluster-api v1.14, api/bootstrap/kubeadm (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model


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
