"""package, pull and dependency against a repository on the loopback interface."""

from __future__ import annotations

import hashlib
import http.server
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fairlead.base import yaml
from fairlead.cli.helm import main as helm


def run(*argv: str) -> int:
    return helm.main(argv)


def write_chart(folder: Path, name: str, version: str, extra: str = "") -> Path:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n{extra}")
    (folder / "values.yaml").write_text("a: 1 # kept\n")
    (folder / "templates" / "cm.yaml").write_text(f"kind: ConfigMap\nmetadata: {{name: {name}}}\n")
    return folder


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A chart repository with sub 1.2.0, 1.2.5 and 1.3.0-rc1."""
    root = tmp_path_factory.mktemp("repository")
    entries = []
    for version in ("1.2.0", "1.3.0-rc1", "1.2.5"):
        chart = write_chart(tmp_path_factory.mktemp("chart") / "sub", "sub", version)
        assert run("package", str(chart), "-d", str(root)) == 0
        archive = root / f"sub-{version}.tgz"
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        entries.append({"name": "sub", "version": version, "urls": [archive.name], "digest": digest})
    (root / "index.yaml").write_text(yaml.dump({"apiVersion": "v1", "entries": {"sub": entries}}))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _no_user_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELM_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("HELM_REPOSITORY_CONFIG", raising=False)
    monkeypatch.setenv("FAIRLEAD_TEMPLATE_CACHE", "off")


def test_package_keeps_files_as_they_are(tmp_path: Path) -> None:
    """An archive has Chart.yaml written anew, the other files as they are, and the same bytes each time."""
    chart = write_chart(tmp_path / "c", "c", "1.0.0", "keywords: [x]\n")
    assert run("package", str(chart), "-d", str(tmp_path), "--app-version", "9") == 0
    first = (tmp_path / "c-1.0.0.tgz").read_bytes()
    assert run("package", str(chart), "-d", str(tmp_path), "--app-version", "9") == 0
    assert (tmp_path / "c-1.0.0.tgz").read_bytes() == first
    with tarfile.open(tmp_path / "c-1.0.0.tgz") as archive:
        found = {member.name: archive.extractfile(member).read().decode() for member in archive}  # type: ignore[union-attr]
    assert found == {
        "c/Chart.yaml": 'apiVersion: v2\nappVersion: "9"\nkeywords:\n- x\nname: c\nversion: 1.0.0\n',
        "c/values.yaml": "a: 1 # kept\n",
        "c/templates/cm.yaml": "kind: ConfigMap\nmetadata: {name: c}\n",
    }


@pytest.mark.parametrize(
    ("flags", "version"),
    [((), "1.2.5"), (("--version", "1.2.0"), "1.2.0"), (("--devel",), "1.3.0-rc1"), (("--version", "^1.2"), "1.2.5")],
    ids=["newest release", "exact", "devel", "range"],
)
def test_pull_chooses_a_version(repository: str, tmp_path: Path, flags: tuple[str, ...], version: str) -> None:
    """The newest version that satisfies the range; prereleases only when asked for."""
    assert run("pull", "sub", "--repo", repository, "-d", str(tmp_path), *flags) == 0
    assert [path.name for path in tmp_path.glob("*.tgz")] == [f"sub-{version}.tgz"]


def test_pull_unpacks(repository: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--untar unpacks below the destination, once."""
    argv = ("pull", "sub", "--repo", repository, "--untar", "-d", str(tmp_path))
    assert run(*argv) == 0
    assert (tmp_path / "sub" / "values.yaml").read_text() == "a: 1 # kept\n"
    assert run(*argv) == 1
    assert f"a file or directory with the name {tmp_path}/sub already exists" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("sub", "--version", "9"), 'Error: chart "sub" version "9" not found in {repo} repository'),
        (("nope",), 'Error: chart "nope" not found in {repo} repository'),
    ],
    ids=["no such version", "no such chart"],
)
def test_pull_says_what_is_wrong(
    repository: str, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], text: str
) -> None:
    """Errors have Helm's words."""
    assert run("pull", "--repo", repository, *argv) == 1
    assert text.format(repo=repository) in capsys.readouterr().err


def test_template_from_a_repository(repository: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """A chart in a repository renders without being kept."""
    assert run("template", "sub", "--repo", repository) == 0
    assert capfdbinary.readouterr().out == (
        b"---\n# Source: sub/templates/cm.yaml\nkind: ConfigMap\nmetadata: {name: sub}\n"
    )


def test_dependency_update_build_and_list(repository: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """update locks and fetches, list tells the state, build refuses a lock that is out of date."""
    write_chart(tmp_path / "loc", "loc", "3.1.0")
    extra = (
        f"dependencies:\n- {{name: sub, version: ^1.2.0, repository: '{repository}'}}\n"
        "- {name: loc, version: '>=3', repository: 'file://../loc'}\n"
    )
    chart = write_chart(tmp_path / "p", "p", "1.0.0", extra)
    assert run("dependency", "list", str(chart)) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.split("\n")[1:3]] == ["missing", "missing"]
    assert run("dependency", "update", str(chart)) == 0
    assert capsys.readouterr().out == (
        "Getting updates for unmanaged Helm repositories...\n"
        f'...Successfully got an update from the "{repository}" chart repository\n'
        f"Saving 2 charts\nDownloading sub from repo {repository}\nDeleting outdated charts\n"
    )
    assert sorted(path.name for path in (chart / "charts").iterdir()) == ["loc-3.1.0.tgz", "sub-1.2.5.tgz"]
    lock = yaml.load((chart / "Chart.lock").read_text())
    assert [item["version"] for item in lock["dependencies"]] == ["1.2.5", "3.1.0"]
    assert run("dependency", "list", str(chart)) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.split("\n")[1:3]] == ["ok", "ok"]
    (chart / "Chart.yaml").write_text((chart / "Chart.yaml").read_text().replace("^1.2.0", "^1.2.1"))
    assert run("dependency", "build", str(chart)) == 1
    assert "the lock file (Chart.lock) is out of sync" in capsys.readouterr().err


def test_dependency_that_cannot_be_met(repository: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written when a version cannot be found."""
    extra = f"dependencies:\n- {{name: sub, version: ^7, repository: '{repository}'}}\n"
    chart = write_chart(tmp_path / "p", "p", "1.0.0", extra)
    assert run("dependency", "update", str(chart)) == 1
    assert "can't get a valid version for 1 subchart(s)" in capsys.readouterr().err
    assert not (chart / "charts").exists()
    assert not (chart / "Chart.lock").exists()


def test_outdated_archives_are_removed(repository: str, tmp_path: Path) -> None:
    """update removes what is no dependency any more."""
    extra = f"dependencies:\n- {{name: sub, version: 1.2.0, repository: '{repository}'}}\n"
    chart = write_chart(tmp_path / "p", "p", "1.0.0", extra)
    assert run("dependency", "update", str(chart)) == 0
    (chart / "Chart.yaml").write_text((chart / "Chart.yaml").read_text().replace("1.2.0", "1.2.5"))
    assert run("dependency", "update", str(chart)) == 0
    assert [path.name for path in (chart / "charts").iterdir()] == ["sub-1.2.5.tgz"]
