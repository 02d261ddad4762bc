"""User data for a machine as cloud-config, byte for byte as upstream writes it. Pure.

Source: cluster-api v1.14 bootstrap/kubeadm/pkg/cloudinit (sections and their order, quoting, kubeadm commands, the
sentinel file). The text is a Jinja template that cloud-init fills in on the machine; it is written by hand, not as
YAML, so that what stands in the user's files and commands stays as it is.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

HEADER = "## template: jinja\n#cloud-config\n"
SENTINEL = "echo success > /run/cluster-api/bootstrap-success.complete"
PLACEHOLDER_PATH = "/run/cluster-api/placeholder"
# kept to the letter, so that user data can be compared with upstream's
PLACEHOLDER = (
    "This placeholder file is used to create the /run/cluster-api sub directory in a way that is compatible with both "
    "Linux and Windows (mkdir -p /run/cluster-api does not work with Windows)"
)
INIT_PATH = "/run/kubeadm/kubeadm.yaml"
JOIN_PATH = "/run/kubeadm/kubeadm-join-config.yaml"
_PARTITION_TYPES = {
    "Linux": "83",
    "LinuxSwap": "82",
    "LinuxRAID": "fd",
    "LVM": "8e",
    "Fat32": "0c",
    "NTFS": "07",
    "LinuxExtended": "85",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file that the machine gets before anything runs; what is empty is not said."""

    path: str
    content: str
    owner: str = "root:root"
    permissions: str = "0640"
    encoding: str = ""
    append: bool | None = None


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What one machine needs to become a node.

    `command` is kubeadm's, `init` or `join`; `configs` are its configuration documents (ClusterConfiguration and
    InitConfiguration, or JoinConfiguration alone), each YAML that ends with a line break.
    """

    command: str
    configs: Sequence[str]
    files: Sequence[File] = ()
    spec: Mapping[str, Any] = field(default_factory=dict)  # the KubeadmConfigSpec
    control_plane: bool = False

    @property
    def flags(self) -> str:
        """kubeadm's verbosity flag, or nothing."""
        verbosity = self.spec.get("verbosity")
        return f"--v {verbosity}" if verbosity is not None else ""


def render_cloud_config(bootstrap: Bootstrap) -> str:
    """The machine's user data as cloud-config."""
    spec = bootstrap.spec
    parts = [
        HEADER,
        "\nwrite_files:",
        *(_file(file) for file in bootstrap.files),
        _kubeadm_file(bootstrap),
        f"\n-   path: {PLACEHOLDER_PATH}\n    owner: root:root\n    permissions: '0640'",
        f'\n    content: "{PLACEHOLDER}"',
        *_listed("bootcmd", spec.get("bootCommands")),
        "\nruncmd:",
        *_quoted(spec.get("preKubeadmCommands")),
        _kubeadm_command(bootstrap),
        *_quoted(spec.get("postKubeadmCommands")),
        *_ntp(spec.get("ntp")),
        *_users(spec.get("users")),
        *_disk_setup(spec.get("diskSetup")),
        *_fs_setup(spec.get("diskSetup")),
        *_mounts(spec.get("mounts")),
        "\n",
    ]
    return "".join(parts)


def indent(text: str, width: int) -> str:
    """Every line of *text* behind *width* spaces, empty ones too."""
    return "\n".join(" " * width + line for line in text.split("\n"))


def _file(file: File) -> str:
    lines = [f"\n-   path: {file.path}\n    "]
    if file.encoding:
        lines.append(f'encoding: "{file.encoding}"\n    ')
    if file.owner:
        lines.append(f"owner: {file.owner}\n    ")
    if file.permissions:
        lines.append(f"permissions: '{file.permissions}'\n    ")
    if file.append is not None:
        lines.append(f"append: {_word(file.append)}\n    ")
    lines.append(f"content: |\n{indent(file.content, 6)}")
    return "".join(lines)


def _kubeadm_file(bootstrap: Bootstrap) -> str:
    init = bootstrap.command == "init"
    # a joining control plane's configuration is not introduced by a document mark
    mark = "" if bootstrap.control_plane and not init else "      ---\n"
    body = "\n".join(f"{mark}{indent(config, 6)}" for config in bootstrap.configs)
    path = INIT_PATH if init else JOIN_PATH
    return f"\n-   path: {path}\n    owner: root:root\n    permissions: '0640'\n    content: |\n{body}"


def _kubeadm_command(bootstrap: Bootstrap) -> str:
    if bootstrap.command == "init":
        return f"\n  - 'kubeadm init --config {INIT_PATH} {bootstrap.flags} && {SENTINEL}'"
    return f"\n  - kubeadm join --config {JOIN_PATH} {bootstrap.flags} && {SENTINEL}"


def _quoted(commands: Sequence[str] | None) -> Iterator[str]:
    for command in commands or ():
        yield f"\n  - {_go_quote(command)}"


def _listed(name: str, commands: Sequence[str] | None) -> Iterator[str]:
    if commands:
        yield f"\n{name}:"
        yield from _quoted(commands)


_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def _go_quote(text: str) -> str:
    """*text* as Go's %q prints it."""
    out = []
    for character in text:
        if character in '"\\':
            out.append(f"\\{character}")
        elif character in _ESCAPES:
            out.append(_ESCAPES[character])
        elif character.isprintable():
            out.append(character)
        elif ord(character) < 0x80:
            out.append(f"\\x{ord(character):02x}")
        else:
            out.append(f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}")
    return f'"{"".join(out)}"'


def _ntp(ntp: Mapping[str, Any] | None) -> Iterator[str]:
    if not ntp:
        return
    yield "\nntp:\n  "
    if ntp.get("enabled") is not None:
        yield f"enabled: {_word(ntp['enabled'])}\n  "
    yield "servers:"
    for server in ntp.get("servers") or ():
        yield f"\n    - {server}"


_USER_KEYS = (
    ("passwd", "passwd"),
    ("gecos", "gecos"),
    ("groups", "groups"),
    ("homeDir", "homedir"),
    ("inactive", "inactive"),
    ("lockPassword", "lock_passwd"),
    ("shell", "shell"),
    ("primaryGroup", "primary_group"),
    ("sudo", "sudo"),
)


def _users(users: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
    if not users:
        return
    yield "\nusers:"
    for user in users:
        yield f"\n  - name: {user['name']}"
        for name, wire in _USER_KEYS:
            if user.get(name) not in (None, ""):
                yield f"\n    {wire}: {_word(user[name])}"
        if user.get("sshAuthorizedKeys"):
            yield "\n    ssh_authorized_keys:"
            yield from (f"\n      - {key}" for key in user["sshAuthorizedKeys"])


def _disk_setup(disks: Mapping[str, Any] | None) -> Iterator[str]:
    if not disks:
        return
    yield "\ndisk_setup:"
    for part in disks.get("partitions") or ():
        yield f"\n  {part['device']}:"
        if part.get("tableType"):
            yield f"\n    table_type: {part['tableType']}"
        if part.get("diskLayout"):
            yield "\n    layout:"
            for piece in part["diskLayout"]:
                kind = piece.get("partitionType")
                size = piece["percentage"]
                yield f"\n      - [{size}, {_PARTITION_TYPES.get(kind, kind)}]" if kind else f"\n      - {size}"
        else:
            yield f"\n    layout: {_word(part.get('layout'))}"
        if part.get("overwrite") is not None:
            yield f"\n    overwrite: {_word(part['overwrite'])}"


def _fs_setup(disks: Mapping[str, Any] | None) -> Iterator[str]:
    if not disks:
        return
    yield "\nfs_setup:"
    for system in disks.get("filesystems") or ():
        yield f"\n  - label: {system.get('label', '')}\n    filesystem: {system['filesystem']}"
        yield f"\n    device: {system['device']}"
        for name, wire in (("partition", "partition"), ("overwrite", "overwrite"), ("replaceFS", "replace_fs")):
            if system.get(name) not in (None, ""):
                yield f"\n    {wire}: {_word(system[name])}"
        if system.get("extraOpts"):
            yield "\n    extra_opts:"
            yield from (f"\n      - {option}" for option in system["extraOpts"])


def _mounts(mounts: Sequence[Sequence[str]] | None) -> Iterator[str]:
    if not mounts:
        return
    yield "\nmounts:"
    for mount in mounts:
        yield "\n  - "
        yield from (f"- {word}\n    " for word in mount)


def _word(value: Any) -> str:
    """A value as Go's templates print it."""
    if value is None:
        return "<nil>"
    return json.dumps(value) if isinstance(value, bool) else str(value)
