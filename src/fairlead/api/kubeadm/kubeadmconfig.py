"""KubeadmConfig and KubeadmConfigTemplate.

Source: cluster-api v1.14, api/bootstrap/kubeadm and api/controlplane/kubeadm (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from msgspec import field

from fairlead.api.clusterapi.common import Condition, Metadata, V1Beta1Condition
from fairlead.api.kubeadm.clusterconfiguration import ClusterConfiguration
from fairlead.api.kubeadm.nodeconfiguration import InitConfiguration, JoinConfiguration
from fairlead.api.model import Doc, Extra, Meta, Model, Resource


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
