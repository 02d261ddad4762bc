"""User data as a machine reads it: files, commands, and what kubeadm is asked to do. Pure.

A faithful subset of cloud-init (write_files with its encodings, runcmd, bootcmd, Jinja's `ds.meta_data` and
`local_hostname` values) and of Ignition 2 and 3 (files, and the script of a unit). Commands are read, not run.

Source: cloud-init 25 (modules cc_write_files, cc_runcmd; templater.py), Ignition specification 2.3 and 3.4.
"""

import base64
import binascii
import gzip
import re
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json, get_in

LIMIT_BYTES = 4 * 1024 * 1024
_JINJA = re.compile(r"\{\{-?\s*([A-Za-z_][\w.]*)\s*-?\}\}")
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
    """What a machine is told to do. `files` are texts by path."""

    files: Mapping[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    kubeadm: Init | Join | None = None


def parse_user_data(text: str, metadata: Mapping[str, Any]) -> UserData:
    """Read *text*, with the Jinja values of *metadata* filled in. Raises: UserDataError."""
    if len(text) > LIMIT_BYTES:
        raise UserDataError(f"user data of {len(text)} bytes is over the limit of {LIMIT_BYTES}")
    if text.lstrip().startswith("{"):
        files, commands = _ignition(text)
    else:
        files, commands = _cloud_config(_fill_in(text, metadata))
    return UserData(files, tuple(commands), _kubeadm_of(files, commands))


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


def _cloud_config(text: str) -> tuple[dict[str, str], list[str]]:
    try:
        config = goyaml.load(text)
    except goyaml.YamlError as error:
        raise UserDataError(f"cloud-config is not YAML: {error}") from error
    if not isinstance(config, dict):
        raise UserDataError("cloud-config is not a mapping")
    files: dict[str, str] = {}
    for entry in config.get("write_files") or ():
        path, content = entry.get("path"), _decoded(entry)
        if not path:
            raise UserDataError("write_files has an entry without a path")
        files[path] = files.get(path, "") + content if entry.get("append") else content
    commands = [_command(entry) for name in ("bootcmd", "runcmd") for entry in config.get(name) or ()]
    return files, commands


def _command(entry: Any) -> str:
    return " ".join(map(str, entry)) if isinstance(entry, list) else str(entry)


def _decoded(entry: Mapping[str, Any]) -> str:
    content, encoding = str(entry.get("content") or ""), str(entry.get("encoding") or "").lower()
    try:
        if encoding in ("b64", "base64"):
            return base64.b64decode(content).decode()
        if encoding in ("gz+b64", "gzip+base64", "gz+base64", "gzip+b64"):
            return gzip.decompress(base64.b64decode(content)).decode()
        if encoding in ("gz", "gzip"):
            return gzip.decompress(content.encode("latin-1")).decode()
    except (binascii.Error, OSError, UnicodeError) as error:
        raise UserDataError(f"file {entry.get('path')} is not {encoding}: {error}") from error
    return content


def _ignition(text: str) -> tuple[dict[str, str], list[str]]:
    try:
        config = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UserDataError(f"Ignition configuration is not JSON: {error}") from error
    files = dict(_ignition_files(config))
    started = [
        unit.get("contents", "") for unit in get_in(config, "systemd", "units", default=()) if unit.get("enabled")
    ]
    commands: list[str] = []
    for contents in started:
        for script in re.findall(r"^ExecStart=(\S+)", contents, re.MULTILINE):
            commands += [line for line in files.get(script, "").splitlines() if line and not line.startswith("#")]
    return files, commands


def _ignition_files(config: Json) -> Iterator[tuple[str, str]]:
    for file in get_in(config, "storage", "files", default=()):
        source = get_in(file, "contents", "source", default="")
        kind, _, data = source.partition(",")
        if kind.endswith(";base64"):
            yield file["path"], base64.b64decode(data).decode(errors="replace")
        else:
            yield file["path"], urllib.parse.unquote(data)


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
