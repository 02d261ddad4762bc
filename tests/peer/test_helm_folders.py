"""Folders and archives that are no charts, or charts with links: our words beside helm's."""

from __future__ import annotations

import gzip
import io
import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from fairlead.testing.compat_helm import run_command

HELM = Path(os.environ.get("HELM_PEER") or ".peers/helm").absolute()
pytestmark = pytest.mark.skipif(not HELM.is_file(), reason="no .peers/helm: run make peers")

META = "apiVersion: v2\nname: a\nversion: 1.0.0\n"
TEMPLATE = "x: {{ range $path, $_ := .Files }}{{ $path }} {{ end }}{{ toJson .Values }}\n"
BASE = {"Chart.yaml": META, "templates/a.yaml": TEMPLATE}

FOLDERS: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "dangling": ({}, {"f": "nowhere/else"}),
    "dangling in two steps": ({}, {"f": "g", "g": "../ext/../no/x"}),
    "below a file": ({}, {"f": "Chart.yaml/x"}),
    "file with a slash": ({}, {"f": "../ext/f/"}),
    "circle of files": ({}, {"f": "g", "g": "f"}),
    "circle of folders": ({}, {"d": "."}),
    "ignored": ({".helmignore": "f\n"}, {"f": "nowhere"}),
    "below ignored": ({".helmignore": "d/\n"}, {"d/f": "nowhere"}),
    "folder": ({}, {"d": "../ext", "v": "d/f"}),
    "ignored folder": ({".helmignore": "d/\n"}, {"d": "../ext"}),
    "values": ({}, {"values.yaml": "../ext/v.yaml"}),
    "templates": ({}, {"templates/x": "../../ext"}),
    "space": ({}, {"a b": "../ext/f", "é": "../ext"}),
    "rules": ({"foo": "1"}, {".helmignore": "../ext/rules"}),
    "rules that are none": ({".helmignore": "a**b\n"}, {}),
    "no Chart.yaml": ({"Chart.yaml": ""}, {}),
    "version 5": ({"Chart.yaml": META.replace("v2", "v5")}, {}),
    "outdated": ({"requirements.yaml": "", "requirements.lock": ""}, {}),
    "outdated and missing": ({"requirements.yaml": "dependencies:\n- name: x\n"}, {}),
}


def _both(argv: list[str]) -> tuple[tuple[int, str, str], tuple[int, str, str]]:
    done = subprocess.run([HELM, *argv], capture_output=True, timeout=60, check=False)
    mine = run_command(argv)
    theirs = (done.returncode, done.stdout.decode(), re.sub("time=[^ ]+ ", "", done.stderr.decode()))
    return theirs, (mine.code, mine.stdout, re.sub("(?m)^hint: .*\n", "", mine.stderr))


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(tmp_path: Path, name: str) -> None:
    """A folder with links, or one that is no chart, comes out as with helm in each command."""
    (tmp_path / "ext").mkdir()
    for path, text in {"f": "outside", "v.yaml": "x: 1\n", "rules": "f*\n", "t.yaml": "y: 1\n"}.items():
        (tmp_path / "ext" / path).write_text(text)
    files, links = FOLDERS[name]
    root = tmp_path / "a"
    for path in (*BASE, *files, *links):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
    for path, text in {**BASE, **files}.items():
        (root / path).write_text(text)
    for path, target in links.items():
        (root / path).symlink_to(target)
    for command in (["template"], ["lint"], ["show", "chart"], ["dependency", "list"]):
        theirs, mine = _both([*command, str(root)])
        assert mine == theirs, command


def _archives() -> dict[str, bytes]:
    def packed(names: dict[str, str], **fields: object) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as archive:
            for name, text in names.items():
                info = tarfile.TarInfo(name)
                info.size = len(text)
                for field, value in fields.items() if not text else ():
                    setattr(info, field, value)
                archive.addfile(info, io.BytesIO(text.encode()))
        return out.getvalue()

    base = {f"a/{name}": text for name, text in BASE.items()}
    plain = packed(base)
    whole = gzip.compress(plain, mtime=0)
    found = {
        "empty": b"",
        "text": b"hello\n",
        "long text": b"hello\n" * 100,
        "zip": b"PK\3\4",
        "tar": plain,
        "cut": whole[:60],
        "cut trailer": whole[:-4],
        "wrong checksum": whole[:-8] + b"\0\0\0\0" + whole[-4:],
        "noise after": whole + b"noise",
        "link": gzip.compress(packed({**base, "a/l": ""}, type=tarfile.SYMTYPE, linkname="Chart.yaml")),
        "folder": gzip.compress(packed({"a": "", **base}, type=tarfile.DIRTYPE)),
    }
    for cut in (0, 300, 520, 700, 1024, 1300, 1700):
        found[f"tar cut at {cut}"] = gzip.compress(plain[:cut])
    for name in (
        "Chart.yaml",
        "a//x",
        "a/../../x",
        "a/..x",
        "a\\b\\c",
        "a\\c:/x",
        "b/x",
        "a/charts/b.tgz",
        "a/charts/b",
    ):
        found[f"with {name}"] = gzip.compress(packed({**base, name: "hello"}))
    found["no Chart.yaml"] = gzip.compress(packed({"a/x": "1"}))
    found["version 5"] = gzip.compress(packed({"a/Chart.yaml": META.replace("v2", "v5")}))
    return found


@pytest.mark.parametrize("name", list(_archives()))
def test_archives(tmp_path: Path, name: str) -> None:
    """An archive, damaged or not, comes out as with helm in each command."""
    path = tmp_path / "a.tgz"
    path.write_bytes(_archives()[name])
    for command in (["template"], ["lint"], ["show", "chart"]):
        theirs, mine = _both([*command, str(path)])
        assert mine == theirs, command
