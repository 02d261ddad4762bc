"""User data as a machine reads it: files, commands, and what kubeadm is asked to do. Pure.

A faithful subset of cloud-init (write_files with its encodings, runcmd, bootcmd, users, ntp, mounts, hostname, Jinja's
`ds.meta_data` and `local_hostname` values) and of Ignition 2 and 3 (files, users, and the scripts that units start).
Commands are read, not run.

Source: cloud-init 25 (modules cc_write_files, cc_runcmd; templater.py), Ignition specification 2.3 and 3.4.
"""

import base64
import re
import urllib.parse
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, get_in

LIMIT_BYTES = 4 * 1024 * 1024
_JINJA = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)\s*-?\}\}")
_ENVSUBST = re.compile(r"\benvsubst\s*<\s*(\S+)")
_KUBEADM = re.compile(r"\bkubeadm\s+(init|join)\b.*?--config[ =](\S+)")


class UserDataError(ValueError):
    """The user data cannot be used; the text says which part and why."""


@dataclass(frozen=True, slots=True)
class Init:
    """`kubeadm init` with its InitConfiguration and ClusterConfiguration."""

    init: Json
    cluster: Json


@dataclass(frozen=True, slots=True)
class Join:
    """`kubeadm join` with its JoinConfiguration."""

    config: Json


@dataclass(frozen=True, slots=True)
class UserData:
    """What a machine is told to do. `files` are texts by path; users, ntp and mounts are as the text gives them."""

    files: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    kubeadm: Init | Join | None = None
    users: tuple[Json, ...] = ()
    ntp: Json = field(default_factory=dict)
    mounts: tuple[tuple[str, ...], ...] = ()
    hostname: str = ""


def parse_user_data(text: str, metadata: Mapping[str, Any]) -> UserData:
    """Read *text*, with the Jinja values of *metadata* filled in. Raises: UserDataError."""
    if len(text) > LIMIT_BYTES:
        raise UserDataError(f"user data of {len(text)} bytes is over the limit of {LIMIT_BYTES}")
    if not text.strip():
        return UserData()
    if text.lstrip().startswith("{"):
        return _ignition(text, metadata)
    return _cloud_config(_fill_in(text, metadata))


def _fill_in(text: str, metadata: Mapping[str, Any]) -> str:
    """Replace Jinja variables, as cloud-init does for user data that begins with `## template: jinja`."""
    if not text.startswith("## template: jinja"):
        return text
    hostname = metadata.get("local-hostname") or metadata.get("hostname") or ""
    values = {
        "ds": {"meta_data": {**metadata, "hostname": hostname, "local_hostname": hostname}},
        "local_hostname": hostname,
        "v1": {"local_hostname": hostname},
    }

    def value(match: re.Match[str]) -> str:
        found = get_in(values, *match[1].split("."))
        return str(found) if found is not None else f"CI_MISSING_JINJA_VAR/{match[1]}"

    return _JINJA.sub(value, text)


def _cloud_config(text: str) -> UserData:
    kind = next((line for line in text.splitlines() if line and not line.startswith("## template:")), "")
    if kind.startswith("#!"):
        return UserData(commands=tuple(line for line in text.splitlines()[1:] if line and not line.startswith("#")))
    if kind.rstrip() != "#cloud-config":
        raise UserDataError(
            f"user data must begin with #cloud-config, a script's #! or Ignition's {{, not {kind[:40]!r}"
        )
    try:
        config = goyaml.load(text)
    except goyaml.YamlError as error:
        raise UserDataError(f"cloud-config is not YAML: {error}") from error
    if not isinstance(config, dict):
        raise UserDataError("cloud-config is not a mapping")
    files: dict[str, str] = {}
    for entry in _entries(config, "write_files"):
        path, content = entry.get("path"), _decoded(entry)
        if not path or not isinstance(path, str):
            raise UserDataError("write_files has an entry without a path")
        files[path] = files.get(path, "") + content if entry.get("append") else content
    commands = [_command(entry) for name in ("bootcmd", "runcmd") for entry in _list(config, name)]
    return UserData(
        files,
        tuple(commands),
        _kubeadm_of(files, commands),
        users=tuple(user for user in _list(config, "users") if isinstance(user, dict)),
        ntp=_mapping(config, "ntp"),
        mounts=tuple(tuple(map(str, mount)) for mount in _list(config, "mounts") if isinstance(mount, list)),
        hostname=str(config.get("hostname") or ""),
    )


def _list(config: Json, *path: str) -> list[Any]:
    entries = get_in(config, *path) or []
    if not isinstance(entries, list):
        raise UserDataError(f"{'.'.join(path)} is not a list")
    return entries


def _entries(config: Json, *path: str) -> list[Json]:
    entries = _list(config, *path)
    if not all(isinstance(entry, dict) for entry in entries):
        raise UserDataError(f"{'.'.join(path)} is not a list of mappings")
    return entries


def _mapping(config: Json, name: str) -> Json:
    found = config.get(name) or {}
    if not isinstance(found, dict):
        raise UserDataError(f"{name} is not a mapping")
    return found


def _text(config: Json, name: str) -> str:
    found = config.get(name) or ""
    if not isinstance(found, str):
        raise UserDataError(f"{name} is not a text: {found!r}")
    return found


def _command(entry: Any) -> str:
    return " ".join(map(str, entry)) if isinstance(entry, list) else str(entry)


def _decoded(entry: Mapping[str, Any]) -> str:
    content, encoding = str(entry.get("content") or ""), str(entry.get("encoding") or "").lower()
    try:
        if encoding in ("b64", "base64"):
            return base64.b64decode(content).decode()
        if encoding in ("gz+b64", "gzip+base64", "gz+base64", "gzip+b64"):
            return gunzip(base64.b64decode(content)).decode()
        if encoding in ("gz", "gzip"):
            return gunzip(content.encode("latin-1")).decode()
    except (ValueError, zlib.error) as error:
        raise UserDataError(f"file {entry.get('path')} is not {encoding}: {error}") from error
    return content


def gunzip(data: bytes) -> bytes:
    """What is packed in *data*, which may be of several members. Raises: UserDataError, zlib.error."""
    found: list[bytes] = []
    left = LIMIT_BYTES
    while data.rstrip(b"\0"):
        decoder = zlib.decompressobj(wbits=31)
        found.append(decoder.decompress(data, left + 1))
        left -= len(found[-1])
        if left < 0:
            raise UserDataError(f"more than {LIMIT_BYTES} bytes when unpacked")
        if not decoder.eof:
            raise UserDataError("the packed data ends early")
        data = decoder.unused_data
    return b"".join(found)


def _ignition(text: str, metadata: Mapping[str, Any]) -> UserData:
    try:
        config = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UserDataError(f"Ignition configuration is not JSON: {error}") from error
    version = str(get_in(config, "ignition", "version", default=""))
    if not version.startswith(("2.", "3.")):
        raise UserDataError(f"Ignition version {version or 'none'} is not supported: it must be 2.x or 3.x")
    files = dict(_ignition_files(config))
    commands = [
        line
        for unit in _entries(config, "systemd", "units")
        if unit.get("enabled") or unit.get("enable")
        for script in _started(_text(unit, "contents"), files)
        for line in files[script].splitlines()
        if line and not line.startswith("#")
    ]
    _fill_in_environment(files, commands, str(metadata.get("local-hostname") or ""))
    hostname = files.get("/etc/hostname", "").strip()
    users = tuple(_entries(config, "passwd", "users"))
    return UserData(files, tuple(commands), _kubeadm_of(files, commands), users=users, hostname=hostname)


def _fill_in_environment(files: dict[str, str], commands: Sequence[str], hostname: str) -> None:
    """Do what `envsubst < file` among the commands does: the metadata agent's host name goes into the file."""
    for command in commands:
        found = _ENVSUBST.search(command)
        if found and found[1] in files:
            files[found[1]] = files[found[1]].replace("${COREOS_CUSTOM_HOSTNAME}", hostname)


def _started(contents: str, files: Mapping[str, str]) -> Iterator[str]:
    """The scripts among *files* that a unit starts."""
    for line in re.findall(r"^ExecStart=(.+)$", contents, re.MULTILINE):
        yield from (word for word in line.split() if word in files)


def _ignition_files(config: Json) -> Iterator[tuple[str, str]]:
    for file in _entries(config, "storage", "files"):
        path, contents = _text(file, "path"), _mapping(file, "contents")
        if not path:
            raise UserDataError("storage.files has an entry without a path")
        source = _text(contents, "source")
        if source and not source.startswith("data:"):
            continue  # fetched from elsewhere; a simulated machine has no network
        kind, _, data = source.partition(",")
        try:
            raw = base64.b64decode(data) if kind.endswith(";base64") else urllib.parse.unquote_to_bytes(data)
            if contents.get("compression") == "gzip":
                raw = gunzip(raw)
        except (ValueError, zlib.error) as error:
            raise UserDataError(f"file {path} cannot be decoded: {error}") from error
        yield path, raw.decode(errors="replace")


def _kubeadm_of(files: Mapping[str, str], commands: list[str]) -> Init | Join | None:
    for command in commands:
        found = _KUBEADM.search(command)
        if found is None:
            continue
        path = found[2]
        if path not in files:
            raise UserDataError(f"kubeadm {found[1]} names the configuration {path}, which is not among the files")
        documents = _documents(path, files[path])
        if found[1] == "join":
            return Join(_one(documents, "JoinConfiguration", path))
        init = documents.get("InitConfiguration", {})
        return Init(init, _one(documents, "ClusterConfiguration", path))
    return None


def _documents(path: str, text: str) -> dict[str, Json]:
    try:
        loaded = goyaml.load_all(text)
    except goyaml.YamlError as error:
        raise UserDataError(f"{path} is not YAML: {error}") from error
    return {str(doc.get("kind")): doc for doc in loaded if isinstance(doc, dict)}


def _one(documents: Mapping[str, Json], kind: str, path: str) -> Json:
    if kind not in documents:
        raise UserDataError(f"{path} has no {kind}")
    return documents[kind]
