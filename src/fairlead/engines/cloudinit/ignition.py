"""User data for a machine as Ignition 2.3 JSON. Pure.

Source: cluster-api v1.14 bootstrap/kubeadm/pkg/ignition (the Container Linux Config it makes) and what the Flatcar
transpiler makes of it: names, order and always-present empty structures of the Ignition 2.3 types.
"""

import base64
import binascii
import re
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fairlead.base import gojson
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, get_in
from fairlead.engines.cloudinit.render import Bootstrap, File

CONFIG_PATH, SCRIPT_PATH = "/etc/kubeadm.yml", "/etc/kubeadm.sh"
UNIT = """\
[Unit]
Description=kubeadm
# Run only once. After successful run, this file is moved to /tmp/.
ConditionPathExists=/etc/kubeadm.yml
After=network.target
[Service]
# To not restart the unit when it exits, as it is expected.
Type=oneshot
ExecStart=/bin/bash /etc/kubeadm.sh
[Install]
WantedBy=multi-user.target
"""
_SSHD = """\
# Use most defaults for sshd configuration.
Subsystem sftp internal-sftp
ClientAliveInterval 180
UseDNS no
UsePAM yes
PrintLastLog no # handled by PAM
PrintMotd no # handled by PAM

Match User {users}
  PasswordAuthentication yes
"""
_NTP = """\
# Common pool
{servers}

# Warning: Using default NTP settings will leave your NTP
# server accessible to all hosts on the Internet.

# If you want to deny all machines (including your own)
# from accessing the NTP server, uncomment:
#restrict default ignore

# Default configuration:
# - Allow only time queries, at a limited rate, sending KoD when in excess.
# - Allow all local queries (IPv4, IPv6)
restrict default nomodify nopeer noquery notrap limited kod
restrict 127.0.0.1
restrict [::1]
"""
_SAFE = "-_.!~*'()"  # what a data URL keeps as it is


class IgnitionError(ValueError):
    """The user data cannot be written as Ignition; the text says which part and why."""


def render_ignition(bootstrap: Bootstrap) -> str:
    """The machine's user data as Ignition. Raises: IgnitionError."""
    spec = bootstrap.spec
    users, units = list(map(_user, spec.get("users") or ())), list(_units(spec))
    files = list(_files(bootstrap))
    more = _additional(get_in(spec, "ignition", "containerLinuxConfig", "additionalConfig", default=""))
    users += more["users"]
    units += more["units"]
    files += more["files"]
    storage: Json = {}
    disks = spec.get("diskSetup") or {}
    if disks.get("partitions"):
        storage["disks"] = [_disk(part) for part in disks["partitions"]]
    storage["files"] = files
    if disks.get("filesystems"):
        storage["filesystems"] = [_filesystem(system) for system in disks["filesystems"]]
    config = {
        "ignition": {"config": {}, "security": {"tls": {}}, "timeouts": {}, "version": "2.3.0"},
        "networkd": {},
        "passwd": {"users": users} if users else {},
        "storage": storage,
        "systemd": {"units": units},
    }
    return gojson.dumps(config).decode()


def _files(bootstrap: Bootstrap) -> Iterator[Json]:
    spec = bootstrap.spec
    users = spec.get("users") or ()
    for user in users:
        if user.get("sudo"):
            yield _file(f"/etc/sudoers.d/{user['name']}", f"{user['name']} {user['sudo']}\n", 0o600)
    open_users = [user["name"] for user in users if user.get("lockPassword") is False]
    if open_users:
        yield _file("/etc/ssh/sshd_config", _SSHD.format(users=",".join(open_users)), 0o600)
    for file in bootstrap.files:
        yield _written(file)
    yield _file(SCRIPT_PATH, _script(bootstrap), 0o700)
    yield _file(CONFIG_PATH, _clip(f"---\n{_config(bootstrap)}"), 0o600)
    ntp = spec.get("ntp") or {}
    if ntp.get("enabled") is not None and ntp.get("servers"):
        servers = "\n".join(f"server {server}" for server in ntp["servers"])
        yield _file("/etc/ntp.conf", _NTP.format(servers=servers), 0o644)


def _config(bootstrap: Bootstrap) -> str:
    return "\n---\n".join(bootstrap.configs)


def _script(bootstrap: Bootstrap) -> str:
    def block(commands: Sequence[str] | None) -> str:
        return "".join(f"\n{command}" for command in commands or ())

    spec = bootstrap.spec
    return _clip(
        f"#!/bin/bash\nset -e\n{block(spec.get('preKubeadmCommands'))}\n\n"
        f"kubeadm {bootstrap.command} --config {CONFIG_PATH} {bootstrap.flags}\n"
        "mkdir -p /run/cluster-api && echo success > /run/cluster-api/bootstrap-success.complete\n"
        f"mv {CONFIG_PATH} /tmp/\n{block(spec.get('postKubeadmCommands'))}"
    )


def _clip(text: str) -> str:
    """*text* with one line break at its end, as a YAML literal block has it."""
    stripped = text.rstrip("\n")
    return f"{stripped}\n" if stripped else ""


def _written(file: File) -> Json:
    try:
        encoded = file.encoding == "base64"
        text = base64.b64decode(file.content, validate=True).decode() if encoded else _clip(file.content)
    except (binascii.Error, UnicodeDecodeError) as error:
        raise IgnitionError(f"file {file.path} is not base64: {error}") from error
    user, _, group = file.owner.partition(":")
    mode = int(file.permissions, 8) if file.permissions else None
    return _file(file.path, text, mode, user=user.strip(), group=group.strip())


def _file(path: str, text: str, mode: int | None, *, user: str = "", group: str = "", filesystem: str = "root") -> Json:
    body: Json = {"filesystem": filesystem}
    if group:
        body["group"] = {"name": group}
    body["path"] = path
    if user:
        body["user"] = {"name": user}
    body["contents"] = {"source": f"data:,{urllib.parse.quote(text, safe=_SAFE)}", "verification": {}}
    if mode is not None:
        body["mode"] = mode
    return body


def _user(user: Mapping[str, Any]) -> Json:
    body: Json = {
        "gecos": user.get("gecos"),
        "groups": user["groups"].split(", ") if user.get("groups") else None,
        "homeDir": user.get("homeDir"),
        "name": user["name"],
        "passwordHash": user.get("passwd"),
        "primaryGroup": user.get("primaryGroup"),
        "sshAuthorizedKeys": list(user.get("sshAuthorizedKeys") or ()),
        "shell": user.get("shell"),
    }
    return {name: value for name, value in body.items() if value}


def _units(spec: Mapping[str, Any]) -> Iterator[Json]:
    yield {"contents": UNIT, "enabled": True, "name": "kubeadm.service"}
    if (spec.get("ntp") or {}).get("enabled") is not None:
        yield {"enabled": True, "name": "ntpd.service"}
    devices = {s.get("label", ""): s["device"] for s in get_in(spec, "diskSetup", "filesystems", default=())}
    for mount in spec.get("mounts") or ():
        label, point, *options = mount
        contents = (
            f"[Unit]\nDescription = Mount {label}\n\n[Mount]\nWhat={devices.get(label, '')}\nWhere={point}\n"
            f"Options={','.join(options)}\n\n[Install]\nWantedBy=multi-user.target\n"
        )
        name = re.sub("^-", "", point.replace("/", "-"))
        yield {"contents": contents, "enabled": True, "name": f"{name}.mount"}


def _disk(part: Mapping[str, Any]) -> Json:
    body: Json = {"device": part["device"]}
    if part.get("layout") is not None:
        body["partitions"] = [{}]
    if part.get("overwrite"):
        body["wipeTable"] = True
    return body


def _filesystem(system: Mapping[str, Any]) -> Json:
    mount: Json = {"device": system["device"], "format": system["filesystem"]}
    if system.get("label"):
        mount["label"] = system["label"]
    if system.get("extraOpts"):
        mount["options"] = list(system["extraOpts"])
    if system.get("overwrite"):
        mount["wipeFilesystem"] = True
    return {"mount": mount, "name": system.get("label", "")}


def _additional(text: str) -> dict[str, list[Json]]:
    """Users, units and files of the user's own Container Linux Config."""
    try:
        config = goyaml.load(text) if text else {}
    except goyaml.YamlError as error:
        raise IgnitionError(f"spec.ignition.containerLinuxConfig.additionalConfig is not YAML: {error}") from error
    if not isinstance(config, dict):
        raise IgnitionError("spec.ignition.containerLinuxConfig.additionalConfig is not a mapping")
    known = {("storage", "files"), ("systemd", "units"), ("passwd", "users")}
    for section, parts in config.items():
        for part in parts if isinstance(parts, dict) else (None,):
            if (section, part) not in known:
                raise IgnitionError(f"additionalConfig: {section}.{part} is not supported; use files, units and users")
    return {
        "files": [_own_file(entry) for entry in get_in(config, "storage", "files", default=())],
        "units": [_own_unit(entry) for entry in get_in(config, "systemd", "units", default=())],
        "users": [_own_user(entry) for entry in get_in(config, "passwd", "users", default=())],
    }


def _own_file(entry: Mapping[str, Any]) -> Json:
    mode, names = entry.get("mode"), {part: (entry.get(part) or {}).get("name", "") for part in ("user", "group")}
    filesystem = entry.get("filesystem") or "root"
    text = str(get_in(entry, "contents", "inline", default=""))
    body = _file(str(entry.get("path")), text, mode, filesystem=filesystem, **names)
    remote = get_in(entry, "contents", "remote", "url")
    if remote:
        body["contents"] = {"source": remote, "verification": {}}
    return body


def _own_unit(entry: Mapping[str, Any]) -> Json:
    body: Json = {
        "contents": entry.get("contents"),
        "dropins": [{"contents": d.get("contents", ""), "name": d["name"]} for d in entry.get("dropins") or ()],
        "enable": entry.get("enable"),
        "enabled": entry.get("enabled"),
        "mask": entry.get("mask"),
        "name": entry.get("name"),
    }
    return {name: value for name, value in body.items() if value or (name == "enabled" and value is not None)}


def _own_user(entry: Mapping[str, Any]) -> Json:
    names = {"home_dir": "homeDir", "password_hash": "passwordHash", "primary_group": "primaryGroup"}
    names |= {"ssh_authorized_keys": "sshAuthorizedKeys"}
    return {names.get(name, name): value for name, value in entry.items()}
