"""Charts from folders: links, rules of .helmignore, what is no file. Words are helm's; {} stands for the folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fairlead.cli.helm import files as helm_files
from fairlead.cli.helm.files import all_files, load, read_folder
from fairlead.engines.helm.errors import ChartError

META = "apiVersion: v2\nname: a\nversion: 1.0.0\n"


def chart(root: Path, files: dict[str, str], links: dict[str, str]) -> str:
    """Make a chart below *root*, beside a folder ``ext`` that has a file."""
    (root / "ext").mkdir()
    (root / "ext/f").write_text("outside")
    for name, text in {"Chart.yaml": META, **files}.items():
        path = root / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, target in links.items():
        path = root / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)
    return str(root / "a")


@pytest.mark.parametrize(
    ("files", "links", "found"),
    [
        ({"d/x": ""}, {}, ["Chart.yaml", "d/x"]),
        ({}, {"d": "../ext", "v": "d/f"}, ["Chart.yaml", "d/f", "v"]),
        ({".helmignore": "d/\n"}, {"d": "../ext"}, [".helmignore", "Chart.yaml"]),
        ({".helmignore": "f\n"}, {"d": "../ext"}, [".helmignore", "Chart.yaml"]),
        ({".helmignore": "d/\n", "d/x": ""}, {"d/broken": "nowhere"}, [".helmignore", "Chart.yaml"]),
        ({"f1": ""}, {".helmignore": "../ignore"}, [".helmignore", "Chart.yaml", "f1"]),
        ({"templates/.x": "", "templates/y": ""}, {}, ["Chart.yaml", "templates/y"]),
    ],
)
def test_files(tmp_path: Path, files: dict[str, str], links: dict[str, str], found: list[str]) -> None:
    """Links are followed, also out of the chart; what .helmignore leaves out is not read, nor what lies below it."""
    (tmp_path / "ignore").write_text("# nothing\n")
    assert list(read_folder(chart(tmp_path, files, links))) == found


@pytest.mark.parametrize(
    ("links", "words"),
    [
        ({"f": "nowhere/else"}, "error evaluating symlink {}/a/f: lstat {}/a/nowhere: no such file or directory"),
        ({"f": "g", "g": "../ext/../no/x"}, "error evaluating symlink {}/a/f: lstat {}/no: no such file or directory"),
        ({"f": "/none"}, "error evaluating symlink {}/a/f: lstat /none: no such file or directory"),
        ({"f": "Chart.yaml/x"}, "error evaluating symlink {}/a/f: not a directory"),
        ({"f": "../ext/f/"}, "error evaluating symlink {}/a/f: not a directory"),
        ({"f": "g", "g": "f"}, "error evaluating symlink {}/a/f: EvalSymlinks: too many links"),
    ],
)
def test_broken_links(tmp_path: Path, links: dict[str, str], words: str) -> None:
    """A link that leads nowhere is named with the first part of its target that is not there."""
    with pytest.raises(ChartError) as caught:
        load(chart(tmp_path, {}, links))
    assert str(caught.value) == words.replace("{}", str(tmp_path))


def test_broken_links_count_where_ignored(tmp_path: Path) -> None:
    """Links are followed before .helmignore is asked."""
    with pytest.raises(ChartError, match="error evaluating symlink"):
        load(chart(tmp_path, {".helmignore": "f\n"}, {"f": "nowhere"}))


def test_circle(tmp_path: Path) -> None:
    """A folder that links to itself ends where the system does not follow further."""
    with pytest.raises(ChartError, match=r"open .*/loop/loop: too many levels of symbolic links"):
        load(chart(tmp_path, {}, {"loop": "."}))


def test_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links to folders of links to folders could make any number of files: reading stops."""
    monkeypatch.setattr(helm_files, "MAX_FILES", 2)
    with pytest.raises(ChartError, match="cannot read more than 2 files of a chart"):
        load(chart(tmp_path, {}, {"x": "../ext", "y": "../ext"}))


def test_no_file(tmp_path: Path) -> None:
    """A pipe is no file of a chart, unless it is left out."""
    folder = chart(tmp_path, {}, {})
    os.mkfifo(f"{folder}/p")
    with pytest.raises(ChartError, match=r"cannot load irregular file .*/p as it has file mode type bits set"):
        load(folder)
    Path(folder, ".helmignore").write_text("p\n")
    assert load(folder).name == "a"
    assert sorted(all_files(folder)) == [".helmignore", "Chart.yaml"]


def test_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files come to no more than the bound, together."""
    monkeypatch.setattr(helm_files, "MAX_BYTES", len(META) + 4)
    with pytest.raises(ChartError, match="error reading y: chart exceeds maximum decompressed size of"):
        load(chart(tmp_path, {"x": "1234", "y": "5"}, {}))


def test_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Links and outdated files are told, those of dependencies too."""
    files = {"charts/b/Chart.yaml": META, "charts/b/requirements.yaml": "", "requirements.lock": ""}
    load(chart(tmp_path, files, {"a b": "../ext/f"}))
    assert capsys.readouterr().err.splitlines() == [
        'level=INFO msg="found symbolic link in path. Contents of linked file included and used" '
        f'path="{tmp_path}/a/a b" resolved={tmp_path}/ext/f',
        r'level=INFO msg="Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". '
        'We recommend migrating to Chart.lock."',
        r'level=INFO msg="Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". '
        'We recommend migrating dependencies to Chart.yaml."',
    ]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("v.yaml", b"a: 1\n", "file '{}/v.yaml' seems to be a YAML file, but expected a gzipped archive"),
        (
            "c.tgz",
            b"PK\3\4",
            "file '{}/c.tgz' does not appear to be a gzipped archive; got 'application/zip'",
        ),
        (
            "c.tgz",
            b"\x1f\x8b\x08\2\0\0\0\0\0\0\0\0",
            "file '{}/c.tgz' does not appear to be a valid chart file (details: gzip: invalid header)",
        ),
        ("c.tgz", b"\x1f\x8b\x08", "unable to load chart archive"),
    ],
)
def test_archives(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    """A file that is no archive is named with the kind it looks like."""
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ChartError) as caught:
        load(str(tmp_path / name), detect=True)
    assert str(caught.value) == words.replace("{}", str(tmp_path))
