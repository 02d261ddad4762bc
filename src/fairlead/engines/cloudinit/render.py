"""User data for a machine: cloud-config, or Ignition. Pure.

Source: cluster-api v1.14 bootstrap/kubeadm/internal/cloudinit (sections, kubeadm commands, sentinel file), ignition.
"""

import base64
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.base import gojson
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json

HEADER = "## template: jinja\n#cloud-config\n\n"
SENTINEL = "echo success > /run/cluster-api/bootstrap-success.complete"
PLACEHOLDER = "This file makes sure that the folder exists.\n"
INIT_PATH = "/run/kubeadm/kubeadm.yaml"
JOIN_PATH = "/run/kubeadm/kubeadm-join-config.yaml"


@dataclass(frozen=True, slots=True)
class File:
    """A file that the machine gets before anything runs."""

    path: str
    content: str
    owner: str = "root:root"
    permissions: str = "0640"
    encoding: str = ""
    append: bool = False


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What one machine needs to become a node. `command` is kubeadm's, `init` or `join`."""

    command: str
    config: str  # kubeadm's YAML documents
    files: Sequence[File] = ()
    spec: Mapping[str, Any] = field(default_factory=dict)  # the KubeadmConfigSpec

    @property
    def config_path(self) -> str:
        return INIT_PATH if self.command == "init" else JOIN_PATH

    def commands(self) -> list[str]:
        """The shell commands of the machine's first boot, in order."""
        verbosity = self.spec.get("verbosity")
        flags = f" --v {verbosity}" if verbosity is not None else ""
        kubeadm = f"kubeadm {self.command} --config {self.config_path} {flags} && {SENTINEL}"
        before, after = self.spec.get("preKubeadmCommands") or (), self.spec.get("postKubeadmCommands") or ()
        return [*before, kubeadm, *after]

    def all_files(self) -> list[File]:
        """Certificates, the user's files, kubeadm's configuration and the marker of Cluster API, in order."""
        return [
            *self.files,
            File(self.config_path, self.config),
            File("/run/cluster-api/placeholder", PLACEHOLDER),
        ]


def render_cloud_config(bootstrap: Bootstrap) -> str:
    """The machine's user data as cloud-config (a Jinja template, filled in by cloud-init on the machine)."""
    spec = bootstrap.spec
    config: Json = {
        "write_files": [_file(file) for file in bootstrap.all_files()],
        "runcmd": bootstrap.commands(),
    }
    if spec.get("bootCommands"):
        config["bootcmd"] = list(spec["bootCommands"])
    if spec.get("ntp"):
        config["ntp"] = dict(spec["ntp"])
    if spec.get("users"):
        config["users"] = [_user(user) for user in spec["users"]]
    if spec.get("mounts"):
        config["mounts"] = [list(mount) for mount in spec["mounts"]]
    disks = spec.get("diskSetup") or {}
    if disks.get("partitions"):
        config["disk_setup"] = {part["device"]: _partition(part) for part in disks["partitions"]}
    if disks.get("filesystems"):
        config["fs_setup"] = [_filesystem(system) for system in disks["filesystems"]]
    return HEADER + goyaml.dump(config)


def _file(file: File) -> Json:
    body: Json = {"path": file.path, "owner": file.owner, "permissions": file.permissions, "content": file.content}
    if file.encoding:
        body["encoding"] = file.encoding
    if file.append:
        body["append"] = True
    return body


_USER_KEYS = {
    "name": "name",
    "passwd": "passwd",
    "gecos": "gecos",
    "homeDir": "homedir",
    "shell": "shell",
    "lockPassword": "lock_passwd",
    "primaryGroup": "primary_group",
    "groups": "groups",
    "inactive": "inactive",
    "sudo": "sudo",
    "sshAuthorizedKeys": "ssh_authorized_keys",
}


def _user(user: Mapping[str, Any]) -> Json:
    return {wire: user[name] for name, wire in _USER_KEYS.items() if name in user}


def _partition(part: Mapping[str, Any]) -> Json:
    body: Json = {"layout": part.get("layout", False)}
    for name, wire in (("overwrite", "overwrite"), ("tableType", "table_type")):
        if name in part:
            body[wire] = part[name]
    return body


def _filesystem(system: Mapping[str, Any]) -> Json:
    names = (("device", "device"), ("filesystem", "filesystem"), ("label", "label"), ("partition", "partition"))
    body: Json = {wire: system[name] for name, wire in names if name in system}
    if system.get("overwrite"):
        body["overwrite"] = True
    if system.get("extraOpts"):
        body["extra_opts"] = list(system["extraOpts"])
    return body


def render_ignition(bootstrap: Bootstrap) -> str:
    """The machine's user data as Ignition 2.3 JSON: the same files, and a unit that runs the commands once."""
    script = "#!/bin/bash\nset -e\n" + "\n".join(bootstrap.commands()) + "\nmv /etc/kubeadm.yml /tmp/\n"
    files = [
        *bootstrap.all_files(),
        File("/etc/kubeadm.sh", script, permissions="0700"),
        File("/etc/kubeadm.yml", bootstrap.config, permissions="0600"),
    ]
    unit = (
        "[Unit]\nDescription=kubeadm\nConditionPathExists=/etc/kubeadm.yml\n"
        "[Service]\nType=oneshot\nExecStart=/etc/kubeadm.sh\n[Install]\nWantedBy=multi-user.target\n"
    )
    config = {
        "ignition": {"version": "2.3.0"},
        "passwd": {
            "users": [
                {"name": user["name"], "sshAuthorizedKeys": list(user.get("sshAuthorizedKeys") or ())}
                for user in bootstrap.spec.get("users") or ()
            ]
        },
        "storage": {"files": [_ignition_file(file) for file in files]},
        "systemd": {"units": [{"name": "kubeadm.service", "enabled": True, "contents": unit}]},
    }
    return gojson.dumps(config).decode()


def _ignition_file(file: File) -> Json:
    content = base64.b64decode(file.content).decode() if file.encoding == "base64" else file.content
    return {
        "filesystem": "root",
        "path": file.path,
        "mode": int(file.permissions, 8),
        "contents": {"source": f"data:,{urllib.parse.quote(content)}"},
    }
