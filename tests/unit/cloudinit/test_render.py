"""User data is upstream's to the byte, and what is written can be read back."""

from pathlib import Path

import orjson
import pytest

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.engines.cloudinit import Init, Join, parse_user_data, render_cloud_config, render_ignition
from fairlead.engines.cloudinit.filetemplates import FileTemplateError, render_file_template
from fairlead.engines.cloudinit.ignition import IgnitionError
from fairlead.engines.cloudinit.kubeadm import (
    api_version,
    cluster_configuration,
    document,
    duration,
    init_configuration,
    join_configuration,
)
from fairlead.engines.cloudinit.render import Bootstrap, File

GOLDEN = Path(__file__).parents[2] / "golden" / "cloudinit"
METADATA = {"local-hostname": "harbour-x", "hostname": "harbour-x"}
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n"
PKI = "/etc/kubernetes/pki"
CERTIFICATES = [
    File(f"{PKI}/ca.crt", CERTIFICATE),
    File(f"{PKI}/ca.key", KEY, permissions="0600"),
]
FACTS = {
    "clusterName": "harbour",
    "podSubnet": "192.168.0.0/16",
    "serviceSubnet": "10.96.0.0/12",
    "dnsDomain": "sea.local",
}
REGISTRATION: Json = {
    "name": "{{ local_hostname }}",
    "criSocket": "/var/run/containerd/containerd.sock",
    "kubeletExtraArgs": [{"name": "cloud-provider", "value": "external"}],
}
RICH: Json = {
    "files": [],
    "bootCommands": ["echo boot", "printf \"%s\\n\" 'quoted'"],
    "preKubeadmCommands": [
        'hostnamectl set-hostname "{{ ds.meta_data.hostname }}"',
        "cat <<EOF >/etc/motd\nhello\tthere\nEOF\n",
    ],
    "postKubeadmCommands": ["echo café > /tmp/after"],
    "users": [
        {
            "name": "capv",
            "sudo": "ALL=(ALL) NOPASSWD:ALL",
            "sshAuthorizedKeys": ["ssh-ed25519 AAAA harbour"],
            "lockPassword": False,
            "groups": "wheel, docker",
            "shell": "/bin/bash",
            "homeDir": "/home/capv",
            "gecos": "Cluster user",
            "primaryGroup": "capv",
            "passwd": "$6$salt$hash",
            "inactive": False,
        },
        {"name": "second"},
    ],
    "ntp": {"enabled": True, "servers": ["ntp1.example.com", "ntp2.example.com"]},
    "diskSetup": {
        "partitions": [
            {"device": "/dev/sdb", "layout": True, "overwrite": False, "tableType": "gpt"},
            {
                "device": "/dev/sdc",
                "diskLayout": [{"percentage": 60}, {"percentage": 40, "partitionType": "LinuxSwap"}],
            },
        ],
        "filesystems": [
            {
                "device": "/dev/sdb",
                "filesystem": "ext4",
                "label": "etcd_disk",
                "partition": "auto",
                "overwrite": True,
                "replaceFS": "ntfs",
                "extraOpts": ["-E", "lazy_itable_init=1"],
            }
        ],
    },
    "mounts": [["LABEL=etcd_disk", "/var/lib/etcd"], ["/dev/sdd", "/data", "xfs"]],
    "verbosity": 5,
}
FILES = [
    File("/etc/motd", "hello\n\n  indented\n", permissions="0644"),
    File("/etc/empty", ""),
    File("/etc/bare", "x", owner="", permissions=""),
    File("/etc/packed", "aGVsbG8K", encoding="base64", append=True),
]


def init(spec: Json | None = None, version: str = "v1.35.0", **more: object) -> Bootstrap:
    """The first control-plane machine."""
    config = (
        more.get("cluster") or {"controlPlaneEndpoint": "192.168.1.140:6443"},
        {**FACTS, "kubernetesVersion": version},
    )
    documents = (cluster_configuration(*config), init_configuration({"nodeRegistration": REGISTRATION}, version))  # type: ignore[arg-type]
    files = [*CERTIFICATES, *more.get("files", ())]  # type: ignore[misc]
    return Bootstrap("init", [document(d) for d in documents], files, spec or {}, control_plane=True)


def join(spec: Json | None = None, version: str = "v1.35.0", *, control_plane: bool = False) -> Bootstrap:
    """A machine that joins."""
    token = {
        "token": "abcdef.0123456789abcdef",
        "apiServerEndpoint": "192.168.1.140:6443",
        "caCertHashes": ["sha256:00"],
    }
    config: Json = {"nodeRegistration": REGISTRATION, "discovery": {"bootstrapToken": token}}
    if control_plane:
        config["controlPlane"] = {}
    text = document(join_configuration(config, version))
    return Bootstrap("join", [text], CERTIFICATES if control_plane else [], spec or {}, control_plane=control_plane)


CASES = {
    "init": init(),
    "init-rich": init(RICH, files=FILES),
    "init-v1.30": init(version="v1.30.0"),
    "join": join(),
    "join-rich": join(RICH),
    "join-control-plane": join(control_plane=True),
    "join-v1.30": join(version="v1.30.0"),
}


@pytest.mark.parametrize("name", CASES)
def test_cloud_config_is_upstreams(name: str) -> None:
    """Every section, quote and space is where upstream's template puts it."""
    assert render_cloud_config(CASES[name]) == (GOLDEN / f"{name}.yaml").read_text()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("render", [render_cloud_config, render_ignition], ids=["cloud-config", "ignition"])
def test_round_trip(name: str, render: object) -> None:
    """A machine that reads the user data finds its files and what kubeadm is to do."""
    bootstrap = CASES[name]
    assert callable(render)
    data = parse_user_data(render(bootstrap), METADATA)
    for path in (f"{PKI}/ca.crt", f"{PKI}/ca.key"):
        assert (path in data.files) is bootstrap.control_plane
    if bootstrap.command == "init":
        assert isinstance(data.kubeadm, Init)
        assert data.kubeadm.cluster["clusterName"] == "harbour"
    else:
        assert isinstance(data.kubeadm, Join)
        assert ("controlPlane" in data.kubeadm.config) is bootstrap.control_plane
    if "rich" in name:
        assert [user["name"] for user in data.users] == ["capv", "second"]
        assert any("echo café" in command for command in data.commands)


def test_jinja_values_are_filled_in() -> None:
    """Both names of the host name become what the metadata says."""
    data = parse_user_data(render_cloud_config(CASES["join-rich"]), METADATA)
    assert isinstance(data.kubeadm, Join)
    assert data.kubeadm.config["nodeRegistration"]["name"] == "harbour-x"
    assert data.commands[2] == 'hostnamectl set-hostname "harbour-x"'


def test_cloud_config_sections() -> None:
    """Users, time servers and mounts are read, too."""
    data = parse_user_data(render_cloud_config(CASES["join-rich"]), METADATA)
    assert data.ntp["servers"] == ["ntp1.example.com", "ntp2.example.com"]
    assert data.mounts == (("LABEL=etcd_disk", "/var/lib/etcd"), ("/dev/sdd", "/data", "xfs"))


def test_ignition_contents() -> None:
    """Ignition carries files with owner and mode, the script, the unit, and the user's own config after them."""
    spec = {
        **{name: value for name, value in RICH.items() if name not in ("bootCommands", "diskSetup", "mounts")},
        "ignition": {
            "containerLinuxConfig": {
                "additionalConfig": "systemd:\n  units:\n  - name: own.service\n    enabled: true\n    contents: x\n"
                "storage:\n  files:\n  - path: /opt/own\n    mode: 0744\n    contents: {inline: hi}\n"
            }
        },
    }
    config = orjson.loads(render_ignition(init(spec, files=FILES)))
    assert config["ignition"]["version"] == "2.3.0"
    files = {file["path"]: file for file in config["storage"]["files"]}
    assert files["/etc/packed"]["contents"]["source"] == "data:,hello%0A"
    assert files["/etc/sudoers.d/capv"]["contents"]["source"] == "data:,capv%20ALL%3D(ALL)%20NOPASSWD%3AALL%0A"
    assert files["/etc/motd"]["user"] == {"name": "root"}
    assert files["/etc/motd"]["mode"] == 0o644
    assert files["/opt/own"]["mode"] == 0o744
    assert [unit["name"] for unit in config["systemd"]["units"]] == ["kubeadm.service", "ntpd.service", "own.service"]
    script = parse_user_data(render_ignition(init(spec)), METADATA).files["/etc/kubeadm.sh"]
    assert "kubeadm init --config /etc/kubeadm.yml --v 5\n" in script
    assert script.index("hostnamectl") < script.index("kubeadm init") < script.index("echo café")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"ignition": {"containerLinuxConfig": {"additionalConfig": "networkd: {units: []}"}}}, "networkd.units"),
        ({"ignition": {"containerLinuxConfig": {"additionalConfig": "- a"}}}, "not a mapping"),
    ],
    ids=["unknown section", "list"],
)
def test_ignition_refuses(spec: dict[str, object], text: str) -> None:
    """What cannot be carried over is named, not dropped."""
    with pytest.raises(IgnitionError, match=text):
        render_ignition(join(spec))


def test_broken_base64_file_is_named() -> None:
    """The file with the wrong content is named."""
    bootstrap = Bootstrap("join", ["a: b\n"], [File("/etc/x", "%%%", encoding="base64")])
    with pytest.raises(IgnitionError, match="/etc/x"):
        render_ignition(bootstrap)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("v1.30.9", "v1beta3"), ("v1.31.0", "v1beta4"), ("v1.36.0", "v1beta4"), ("v1.31.0-rc.1", "v1beta4")],
)
def test_kubeadm_api_version(version: str, expected: str) -> None:
    """kubeadm's API changed with Kubernetes v1.31."""
    assert api_version(version) == f"kubeadm.k8s.io/{expected}"


def test_older_kubeadm_takes_mappings() -> None:
    """v1beta3 has mappings for arguments, a discovery timeout, and no certificate periods."""
    spec = {
        "apiServer": {"extraArgs": [{"name": "audit", "value": "on"}], "extraEnvs": [{"name": "A", "value": "b"}]},
        "certificateValidityPeriodDays": 90,
        "encryptionAlgorithm": "ECDSA-P256",
    }
    old = cluster_configuration(spec, {"kubernetesVersion": "v1.30.0"}, timeout_seconds=1200)
    assert old["apiServer"] == {"extraArgs": {"audit": "on"}, "timeoutForControlPlane": "20m0s"}
    assert "certificateValidityPeriod" not in old
    assert "encryptionAlgorithm" not in old
    new = cluster_configuration(spec, {"kubernetesVersion": "v1.31.0"}, timeout_seconds=1200)
    assert new["apiServer"]["extraArgs"] == [{"name": "audit", "value": "on"}]
    assert new["certificateValidityPeriod"] == "2160h0m0s"
    assert new["encryptionAlgorithm"] == "ECDSA-P256"
    join = join_configuration({"timeouts": {"tlsBootstrapSeconds": 300}}, "v1.30.0")
    assert join["discovery"] == {"timeout": "5m0s"}
    assert join_configuration({"timeouts": {"tlsBootstrapSeconds": 300}}, "v1.33.0")["timeouts"] == {
        "tlsBootstrap": "5m0s"
    }


@pytest.mark.parametrize(("seconds", "text"), [(0, "0s"), (59, "59s"), (60, "1m0s"), (3661, "1h1m1s")])
def test_durations(seconds: int, text: str) -> None:
    """Durations are written as Go writes them."""
    assert duration(seconds) == text


def test_documents_are_yaml() -> None:
    """What is between the marks is what kubeadm will read."""
    text = "---\n" + "---\n".join(CASES["init"].configs)
    assert [doc["kind"] for doc in goyaml.load_all(text)] == ["ClusterConfiguration", "InitConfiguration"]


def test_file_templates() -> None:
    """Templates know the control plane's version, or that it is unknown."""
    text = "{{ if .controlPlane }}{{ .controlPlane.version }}{{ else }}none{{ end }}"
    assert render_file_template("/x", text, "v1.35.0") == "v1.35.0"
    assert render_file_template("/x", text, "") == "none"
    with pytest.raises(FileTemplateError, match='failed to parse template for file "/x"'):
        render_file_template("/x", "{{ if }}", "")
    with pytest.raises(FileTemplateError, match='failed to execute template for file "/x"'):
        render_file_template("/x", "{{ index .controlPlane.version 99 }}", "v1.35.0")
