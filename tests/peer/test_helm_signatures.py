"""Provenance files that we write, verified by the real helm and by gpg; a key's own file, its export and its keybox."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from record_helm_lines import GOLDEN, HELM

from fairlead.cli.helm import main as helm

KEYS = GOLDEN / "provenance"
GPG = shutil.which("gpg")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not HELM.is_file(), reason="no .peers/helm: run make peers"),
]


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chart named app, in the working folder."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\ndescription: '- d'\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _gpg(home: Path, *words: str) -> str:
    if GPG is None:
        pytest.skip("no gpg on this machine")
    home.mkdir(mode=0o700, exist_ok=True)
    command = [GPG, "--batch", "--no-autostart", "--homedir", str(home), "--status-fd", "1", *words]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return done.stdout.decode("utf-8", "replace")  # notations are bytes


@pytest.mark.parametrize("key", ["<rsa@", "<ed@", "<ec@", "<dsa@", "<locked@"])
def test_helm_and_gpg_verify_what_we_sign(key: str, chart: Path) -> None:
    """And helm refuses it when a letter of it is another one."""
    secret = ["--keyring", str(KEYS / "secret.gpg"), "--passphrase-file", str(KEYS / "passphrase")]
    assert helm.main(["package", "app", "--sign", "--key", key, *secret]) == 0
    verify = [HELM, "verify", "app-0.1.0.tgz", "--keyring", KEYS / "public.gpg"]
    done = subprocess.run(verify, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{key}example.org>" in done.stdout
    home = chart / "gpg"
    _gpg(home, "--import", str(KEYS / "public.gpg"))
    assert "[GNUPG:] VALIDSIG" in _gpg(home, "--verify", "app-0.1.0.tgz.prov")
    proof = Path("app-0.1.0.tgz.prov")
    proof.write_text(proof.read_text().replace("name: app", "name: App"))
    done = subprocess.run(verify, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "verification failure" in done.stderr


def test_what_helm_signs_we_verify(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the armored key that gpg exports, and with the keybox that gpg keeps; both say what helm does."""
    home = chart / "gpg"
    _gpg(home, "--import", str(KEYS / "public.gpg"))
    Path("ring.asc").write_bytes(
        subprocess.run(
            [str(GPG), "--homedir", str(home), "--armor", "--export"], capture_output=True, timeout=60, check=True
        ).stdout
    )
    sign = [HELM, "package", "app", "--sign", "--key", "<ed@", "--keyring", KEYS / "secret.gpg"]
    subprocess.run(sign, capture_output=True, timeout=60, check=True)
    for ring in ("ring.asc", os.path.join("gpg", "pubring.kbx")):
        command = ["show", "chart", "app-0.1.0.tgz", "--verify", "--keyring", ring]
        theirs = subprocess.run([HELM, *command], capture_output=True, text=True, timeout=60, check=True)
        capsys.readouterr()
        assert helm.main(command) == 0
        assert capsys.readouterr().out == theirs.stdout
    Path("app-0.1.0.tgz").write_bytes(Path("app-0.1.0.tgz").read_bytes() + b"\0")
    assert helm.main(command) == 1
    theirs = subprocess.run([HELM, *command], capture_output=True, text=True, timeout=60, check=False)
    assert capsys.readouterr().err == theirs.stderr
