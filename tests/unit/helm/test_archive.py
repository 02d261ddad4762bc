"""Chart archives: what Go's readers take, what they refuse, and in which words.

The expectations are what helm 4.3.1 said; tests/peer/test_helm_folders.py asks it again.
"""

from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from fairlead.engines.helm import load_archive
from fairlead.engines.helm.archive import MAX_BYTES, ArchiveError, read_archive
from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.sniff import content_type

META = b"apiVersion: v2\nname: a\nversion: 1.0.0\n"
CHART = [("a/Chart.yaml", META), ("a/values.yaml", b"x: 1\n")]


def tar(entries: list[tuple[str, bytes]], form: int = tarfile.USTAR_FORMAT, kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a tar; entries without content are of *kind*."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form, pax_headers={"comment": "all"}) as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if not data:
                info.type, info.linkname = kind, "Chart.yaml"
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_forms(form: int) -> None:
    """Long names are read in each form of tar, and records that hold for the whole archive are no file."""
    name = f"a/{'d' * 60}/{'f' * 60}"
    assert read_archive(zipped(tar([*CHART, (name, b"1")], form)))[2] == (name[2:], b"1")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_are_empty_files(kind: bytes) -> None:
    """Links in an archive are not followed: they count as files without content."""
    assert read_archive(zipped(tar([*CHART, ("a/link", b"")], kind=kind)))[2] == ("link", b"")


def test_folders_are_no_files() -> None:
    """Folders are passed over, also those that only their mode tells."""
    assert len(read_archive(zipped(tar([("a", b""), *CHART], kind=tarfile.DIRTYPE)))) == 2


@pytest.mark.parametrize(
    ("cut", "names"),
    [(700, ["Chart.yaml"]), (1000, ["Chart.yaml"]), (1024, ["Chart.yaml"])],
    ids=["in padding", "at its end", "before a header"],
)
def test_cut_after_a_file(cut: int, names: list[str]) -> None:
    """An archive cut in the padding after a file ends there, without a complaint."""
    assert [name for name, _ in read_archive(zipped(tar(CHART)[:cut]))] == names


def test_damage_after_the_end() -> None:
    """What follows the two empty blocks is not looked at: a wrong checksum, a missing one, other bytes."""
    whole = zipped(tar(CHART))
    wrong = whole[:-8] + b"\0\0\0\0" + whole[-4:]
    for data in (whole[:-4], wrong, whole + b"noise"):
        assert len(read_archive(data)) == 2


def test_members() -> None:
    """A gzip stream of several members is one stream."""
    plain = tar(CHART)
    assert len(read_archive(zipped(plain[:700]) + zipped(plain[700:]))) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "EOF"),
        (b"hello", "unexpected EOF"),
        (b"hello, hello", "gzip: invalid header"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\0", "unexpected EOF"),
        (zipped(tar(CHART))[:60], "unexpected EOF"),
        (zipped(b""), "no files in chart archive"),
        (zipped(b"\0" * 1024), "no files in chart archive"),
        (zipped(b"hello"), "unexpected EOF"),
        (zipped(b"x" * 1024), "archive/tar: invalid tar header"),
        (zipped(b"\0" * 512 + b"x" * 512), "archive/tar: invalid tar header"),
        (zipped(tar(CHART)[:520]), "unexpected EOF"),
        (zipped(tar([("Chart.yaml", META)])), "outside the base directory"),
        (zipped(tar([*CHART, ("a//x", b"1")])), "chart illegally contains absolute paths"),
        (zipped(tar([*CHART, ("a/../../x", b"1")])), "chart illegally references parent directory"),
        (zipped(tar([*CHART, ("a/..x", b"1")])), "chart illegally references parent directory"),
        (zipped(tar([*CHART, ("a\\c:/x", b"1")])), "chart contains illegally named files"),
    ],
)
def test_refused(data: bytes, words: str) -> None:
    """What cannot be read is refused in the words of Go's readers, and of Helm."""
    with pytest.raises(ArchiveError, match=words) as caught:
        read_archive(data)
    with pytest.raises(ChartError) as again:
        load_archive(data)
    assert str(again.value) == f"unable to load chart archive: {caught.value}"


def test_changed_headers() -> None:
    """A header whose sum does not fit is invalid, wherever the byte is."""
    plain = tar(CHART)
    for at in (0, 100, 124, 136, 156, 257, 345, 511):
        changed = plain[:at] + bytes([plain[at] ^ 1]) + plain[at + 1 :]
        with pytest.raises(ArchiveError, match="invalid tar header"):
            read_archive(zipped(changed))


def test_size() -> None:
    """Files that come to more than the bound are refused by what their headers say, before they are read."""
    big = bytearray(tar([("a/Chart.yaml", META)])[:512])
    big[124:136] = b"%011o\0" % (MAX_BYTES + 1)
    big[148:156] = b"%06o\0 " % (sum(big[:148]) + sum(b" " * 8) + sum(big[156:]))
    with pytest.raises(ArchiveError, match=f"decompressed chart is larger than the maximum size {MAX_BYTES}"):
        read_archive(zipped(bytes(big)))


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        (META.replace(b"v2", b"v5"), "unsupported chart version"),
        (b"apiVersion: 2\n", "unsupported chart version"),
        (b"apiVersion: v2\n", "chart.metadata.name is required"),
    ],
)
def test_versions(meta: bytes, words: str) -> None:
    """With *detect*, charts of versions that Helm does not know are refused before anything else is judged."""
    with pytest.raises(ChartError, match=words):
        load_archive(zipped(tar([("a/Chart.yaml", meta)])), detect=True)
    with pytest.raises(ChartError, match=r"unable to detect chart version, no Chart\.yaml found"):
        load_archive(zipped(tar([("a/x", b"1")])), detect=True)
    with pytest.raises(ChartError, match=r"Chart\.yaml file is missing"):
        load_archive(zipped(tar([("a/x", b"1")])))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "text/plain; charset=utf-8"),
        (b"a: 1\n", "text/plain; charset=utf-8"),
        (b"a: 1\n\0", "application/octet-stream"),
        (b"  <html>", "text/html; charset=utf-8"),
        (b"<htmlx>", "text/plain; charset=utf-8"),
        (b"<?xml version", "text/xml; charset=utf-8"),
        (b"%PDF-1.4", "application/pdf"),
        (b"RIFF1234WEBPVP", "image/webp"),
        (b"\0\0\0\x14ftypisom\0\0\0\0mp41", "video/mp4"),
        (b"\1" * 34 + b"LP", "application/vnd.ms-fontobject"),
        (b"PK\3\4", "application/zip"),
        (b"\x1f\x8b\x08", "application/x-gzip"),
        (b"\x1f\x8b", "application/octet-stream"),
        (b"\x1b[1m", "text/plain; charset=utf-8"),
        (b"\1\2", "application/octet-stream"),
    ],
)
def test_content_type(data: bytes, kind: str) -> None:
    """Kinds are told by how the data begins."""
    assert content_type(data) == kind
