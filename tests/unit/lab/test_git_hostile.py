"""Pushes that no Git makes, against the lab's Git server as an ASGI application: no socket, no git."""

import asyncio
import gzip
import hashlib
import io
import struct
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from dulwich.objects import Blob, Commit, ShaFile, Tree
from dulwich.repo import Repo

from fairlead.lab import packs
from fairlead.lab.git import GitServer
from fairlead.lab.packs import PackError, check_pack
from fairlead.lab.repository import PLAIN, prepare

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZERO = b"0" * 40
RECEIVE, UPLOAD = "git-receive-pack", "git-upload-pack"
BLOB, OFFSET_DELTA = 3, 6


def line(data: bytes) -> bytes:
    return f"{len(data) + 4:04x}".encode() + data


def number(value: int) -> bytes:
    out = b""
    while value >= 128:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def entry(kind: int, data: bytes, size: int | None = None, base: bytes = b"") -> bytes:
    """An object in a pack; *size* is what it says of itself."""
    size = len(data) if size is None else size
    rest = number(size >> 4) if size >> 4 else b""
    return bytes([(kind << 4) | size & 15 | (128 if rest else 0)]) + rest + base + zlib.compress(data)


def pack(entries: Iterable[bytes]) -> bytes:
    listed = list(entries)
    body = b"PACK" + struct.pack(">II", 2, len(listed)) + b"".join(listed)
    return body + hashlib.sha1(body).digest()


def of(obj: ShaFile) -> bytes:
    return entry(obj.type_num, obj.as_raw_string())


def push(old: bytes, new: bytes, reference: bytes, data: bytes) -> bytes:
    return line(old + b" " + new + b" " + reference + b"\0report-status") + b"0000" + data


def ask(server: GitServer, service: str, body: bytes, *headers: tuple[bytes, bytes]) -> tuple[int, bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    kind = (b"content-type", f"application/x-{service}-request".encode())
    scope = {"type": "http", "method": "POST", "path": f"/fleet.git/{service}", "headers": [kind, *headers]}
    asyncio.run(server(scope, receive, send))
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent)


@pytest.fixture
def server(tmp_path: Path) -> GitServer:
    prepare(tmp_path / "git", {"README.md": (b"a fleet\n", PLAIN)}, NOW)

    async def pushed(references: list[str]) -> None:
        return None

    return GitServer(tmp_path / "git", "fleet", pushed)


def main_of(folder: Path) -> bytes:
    with Repo(str(folder / "git")) as repository:
        return bytes(repository.refs[b"refs/heads/main"])


def a_commit(tree: bytes, parent: bytes) -> Commit:
    made = Commit()
    made.tree, made.parents, made.message = tree, [parent], b"a change"
    made.author = made.committer = b"t <t@t.invalid>"
    made.author_time = made.commit_time = made.author_timezone = made.commit_timezone = 0
    return made


def test_whole_commits_are_taken(server: GitServer, tmp_path: Path) -> None:
    """What is refused below is refused for its fault: the same without it goes through, gzipped or not."""
    parent = main_of(tmp_path)
    for text, headers in ((b"one", ()), (b"two", ((b"content-encoding", b"gzip"),))):
        blob, tree = Blob.from_string(text), Tree()
        tree.add(b"a.txt", 0o100644, blob.id)
        commit = a_commit(tree.id, parent)
        body = push(parent, commit.id, b"refs/heads/main", pack([of(blob), of(tree), of(commit)]))
        answer = ask(server, RECEIVE, gzip.compress(body) if headers else body, *headers)
        assert answer == (200, b"000eunpack ok\n0017ok refs/heads/main\n0000")
        parent = commit.id
    assert main_of(tmp_path) == parent


def test_packed_requests_for_objects(server: GitServer, tmp_path: Path) -> None:
    """Git packs long lists of what it has: such a fetch is answered like any other."""
    wants = line(b"want " + main_of(tmp_path) + b" side-band-64k ofs-delta thin-pack\n") + b"0000"
    haves = b"".join(line(b"have %040x\n" % number) for number in range(100))
    body = gzip.compress(wants + haves + line(b"done\n"))
    code, answer = ask(server, UPLOAD, body, (b"content-encoding", b"gzip"))
    assert code == 200
    assert b"PACK" in answer


def test_refused_references(server: GitServer, tmp_path: Path) -> None:
    """No branch comes to name what is no commit, or a commit without its parts; the one that is served stays."""
    head, blob, tree = main_of(tmp_path), Blob.from_string(b"text"), Tree()
    tree.add(b"a.txt", 0o100644, blob.id)
    commit = a_commit(tree.id, head)
    unknown_parent = a_commit(tree.id, b"1" * 40)
    other = Blob.from_string(b"other")
    for new, objects, words in (
        (other.id, [other], b"trying to write non-commit object to branch"),
        (b"2" * 40, [other], b"missing necessary objects"),
        (commit.id, [commit], b"missing necessary objects"),
        (commit.id, [commit, tree], b"missing necessary objects"),
        (unknown_parent.id, [unknown_parent, tree, blob], b"missing necessary objects"),
    ):
        code, answer = ask(server, RECEIVE, push(ZERO, new, b"refs/heads/x", pack(map(of, objects))))
        assert code == 200
        assert b"ng refs/heads/x " + words in answer
    code, answer = ask(server, RECEIVE, push(head, ZERO, b"refs/heads/main", b""))
    assert b"ng refs/heads/main deletion of the current branch prohibited" in answer
    for reference in (b"refs/heads/../../config", b"../evil", b"HEAD", b"config", b"refs/heads/a.lock"):
        code, answer = ask(server, RECEIVE, push(ZERO, head, reference, pack([])))
        assert b"ng " + reference + b" " in answer
    assert main_of(tmp_path) == head
    assert {path.name for path in tmp_path.iterdir()} == {"git"}


COPY_64_KIB = bytes([0x80 | 0x40, 1])  # a delta's order: 0x10000 bytes from offset 0


def delta_bomb() -> list[bytes]:
    base = entry(BLOB, b"x" * 65536)
    delta = number(65536) + number(65536 * 2000) + COPY_64_KIB * 2000
    return [base, entry(OFFSET_DELTA, delta, base=bytes([len(base) & 127]))]


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        pytest.param([entry(BLOB, bytes(100 << 20))], b"an object of 104857600 bytes is over the limit", id="zeros"),
        pytest.param([entry(BLOB, b"x", 1 << 60)], b"is over the limit", id="claim"),
        pytest.param(delta_bomb(), b"an object of 131072000 bytes is over the limit", id="delta"),
    ],
)
def test_bombs(server: GitServer, entries: list[bytes], words: bytes) -> None:
    """A small pack that unpacks to a lot is refused before it is unpacked, and Git is told why."""
    code, answer = ask(server, RECEIVE, push(ZERO, b"2" * 40, b"refs/heads/x", pack(entries)))
    assert code == 200
    assert words in answer
    assert b"unpack ok" not in answer


def test_many_objects_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole of a pack is bounded, too."""
    monkeypatch.setattr(packs, "UNPACKED_LIMIT_BYTES", 10_000)
    body = push(ZERO, b"2" * 40, b"refs/heads/x", pack([entry(BLOB, bytes(1000))] * 11))
    with pytest.raises(PackError, match="more than the limit of 10000 bytes"):
        check_pack(io.BytesIO(body))
    check_pack(io.BytesIO(push(ZERO, b"2" * 40, b"refs/heads/x", pack([entry(BLOB, bytes(1000))] * 9))))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"garbage", id="garbage"),
        pytest.param(b"ffff", id="length"),
        pytest.param(b"-001", id="negative"),
        pytest.param(push(ZERO, b"2" * 40, b"refs/heads/x", b""), id="no-pack"),
        pytest.param(push(ZERO, b"2" * 40, b"refs/heads/x", b"PACK"), id="half-a-head"),
        pytest.param(push(ZERO, b"2" * 40, b"refs/heads/x", b"PACK" + bytes([0, 0, 0, 2]) + b"\xff" * 4), id="count"),
        pytest.param(push(ZERO, b"2" * 40, b"refs/heads/x", pack([entry(BLOB, b"x" * 99, 5)])), id="size"),
        pytest.param(push(ZERO, b"2" * 40, b"refs/heads/x", pack([entry(BLOB, b"x")])[:-21] + b"y" * 21), id="sum"),
    ],
)
def test_broken_pushes(server: GitServer, tmp_path: Path, body: bytes) -> None:
    """What is no push is answered, changes nothing, and does not hold the next one up."""
    before = main_of(tmp_path)
    code, answer = ask(server, RECEIVE, body)
    assert code == 400 or b"unpack ok" not in answer
    assert main_of(tmp_path) == before
