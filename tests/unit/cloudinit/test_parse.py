"""User data as machines read it: encodings, scripts, Ignition of both generations, and what is refused."""

import base64
import gzip

import orjson
import pytest

from fairlead.engines.cloudinit import Join, UserData, UserDataError, parse_user_data

HEADER = "#cloud-config\n"
JOIN = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: JoinConfiguration\n"


@pytest.mark.parametrize("encoding", ["b64", "base64", "gz+b64", "gzip+base64"])
def test_encoded_files(encoding: str) -> None:
    """A file's content comes out as it was before it was encoded."""
    raw = b"hello\n" if encoding in ("b64", "base64") else gzip.compress(b"hello\n")
    content = base64.b64encode(raw).decode()
    text = f"{HEADER}write_files:\n- path: /etc/x\n  encoding: {encoding}\n  content: {content}\n"
    assert parse_user_data(text, {}).files == {"/etc/x": "hello\n"}


def test_appended_files() -> None:
    """`append` adds to what an earlier entry wrote."""
    entries = "- {path: /etc/x, content: one}\n- {path: /etc/x, content: two, append: true}\n"
    assert parse_user_data(f"{HEADER}write_files:\n{entries}", {}).files == {"/etc/x": "onetwo"}


def test_commands_in_order() -> None:
    """bootcmd runs before runcmd; a list is one command."""
    data = parse_user_data(f"{HEADER}runcmd:\n- echo b\n- [echo, c]\nbootcmd:\n- echo a\n", {})
    assert data.commands == ("echo a", "echo b", "echo c")


def test_missing_jinja_value_is_marked() -> None:
    """cloud-init leaves a mark where a value is unknown."""
    text = "## template: jinja\n#cloud-config\nruncmd:\n- echo {{ ds.meta_data.nothing }}\n"
    assert parse_user_data(text, {}).commands == ("echo CI_MISSING_JINJA_VAR/ds.meta_data.nothing",)


def test_without_jinja_header_braces_stay() -> None:
    """Only user data that ask for it are templates."""
    assert parse_user_data(f"{HEADER}hostname: '{{{{ x }}}}'\n", {"x": 1}).hostname == "{{ x }}"


def test_shell_script() -> None:
    """User data may be a script."""
    assert parse_user_data("#!/bin/sh\n# comment\necho hi\n", {}).commands == ("echo hi",)


def test_empty() -> None:
    """Nothing to do is no error."""
    assert parse_user_data(" \n", {}) == UserData()


@pytest.mark.parametrize("version", ["2.3.0", "3.4.0"])
def test_ignition(version: str) -> None:
    """Files in plain and base64 data URLs, compressed ones, and the script that an enabled unit starts."""

    def file(path: str, source: str, **more: str) -> dict[str, object]:
        return {"path": path, "contents": {"source": source, **more}}

    packed = base64.b64encode(gzip.compress(b"deep")).decode()
    config = {
        "ignition": {"version": version},
        "passwd": {"users": [{"name": "core"}]},
        "storage": {
            "files": [
                file("/etc/hostname", "data:,harbour%0A"),
                file("/etc/kubeadm.yml", f"data:;base64,{base64.b64encode(JOIN.encode()).decode()}"),
                file("/etc/packed", f"data:;base64,{packed}", compression="gzip"),
                file("/etc/kubeadm.sh", "data:,%23!%2Fbin%2Fbash%0Akubeadm%20join%20--config%20%2Fetc%2Fkubeadm.yml"),
                file("/etc/remote", "https://example.com/x"),
            ]
        },
        "systemd": {
            "units": [
                {"name": "a.service", "enabled": True, "contents": "[Service]\nExecStart=/bin/bash /etc/kubeadm.sh\n"},
                {"name": "b.service", "enabled": False, "contents": "[Service]\nExecStart=/etc/packed\n"},
            ]
        },
    }
    data = parse_user_data(orjson.dumps(config).decode(), {})
    assert data.hostname == "harbour"
    assert data.files["/etc/packed"] == "deep"
    assert "/etc/remote" not in data.files
    assert data.commands == ("kubeadm join --config /etc/kubeadm.yml",)
    assert isinstance(data.kubeadm, Join)
    assert data.users == ({"name": "core"},)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("key: value", "must begin with #cloud-config"),
        (f"{HEADER}a: [", "not YAML"),
        (f"{HEADER}- a", "not a mapping"),
        (f"{HEADER}write_files: [a]", "write_files is not a list of mappings"),
        (f"{HEADER}write_files: [{{content: a}}]", "without a path"),
        (f"{HEADER}write_files: [{{path: /x, encoding: b64, content: a}}]", "file /x is not b64"),
        (f"{HEADER}runcmd: [kubeadm join --config /x]", "names the configuration /x"),
        (f"{HEADER}write_files: [{{path: /x, content: 'a: b'}}]\nruncmd: [kubeadm init --config /x]", "ClusterConf"),
        ("{", "not JSON"),
        ('{"ignition": {"version": "1.0.0"}}', "Ignition version 1.0.0"),
    ],
    ids=str,
)
def test_refused(text: str, error: str) -> None:
    """The text says which part is wrong."""
    with pytest.raises(UserDataError, match=error):
        parse_user_data(text, {})


def test_too_large() -> None:
    """User data are bounded."""
    with pytest.raises(UserDataError, match="over the limit"):
        parse_user_data("#" * (4 * 1024 * 1024 + 1), {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("runcmd: 1\n", "runcmd is not a list"),
        ("ntp: [a]\n", "ntp is not a mapping"),
        ("write_files: [{path: [a], content: x}]\n", "write_files has an entry without a path"),
        ("write_files: [{path: /x, encoding: b64, content: \u00c4}]\n", "file /x is not b64"),
    ],
)
def test_wrong_shapes_are_refused(text: str, said: str) -> None:
    """A part of another shape than cloud-init reads is named."""
    with pytest.raises(UserDataError, match=said):
        parse_user_data(HEADER + text, {})


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([{"contents": {"source": "data:,x"}}], "storage.files has an entry without a path"),
        ([{"path": "/x", "contents": {"source": "data:;base64,x"}}], "file /x cannot be decoded"),
        ([{"path": "/x", "contents": {"source": 1}}], "source is not a text"),
        (["x"], "storage.files is not a list of mappings"),
    ],
)
def test_wrong_ignition_files_are_refused(files: list[object], said: str) -> None:
    """Files without a path or with contents that cannot be read are named."""
    text = orjson.dumps({"ignition": {"version": "3.4.0"}, "storage": {"files": files}}).decode()
    with pytest.raises(UserDataError, match=said):
        parse_user_data(text, {})


def test_packed_files_are_bounded() -> None:
    """A small archive of very many zeros is refused before it fills the memory."""
    content = base64.b64encode(gzip.compress(bytes(64 << 20))).decode()
    with pytest.raises(UserDataError, match="more than 4194304 bytes when unpacked"):
        parse_user_data(f"{HEADER}write_files: [{{path: /x, encoding: gz+b64, content: {content}}}]\n", {})
