"""The lab's Git server, used by the real git: clone, push, force, large packs, races, restarts."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dulwich.repo import Repo

from fairlead.lab.git import GitServer
from fairlead.lab.repository import EXECUTABLE, PLAIN, RepositoryError, prepare, read_tree
from fairlead.server.listener import Listener

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILES = {"README.md": (b"a fleet\n", PLAIN), "clusters/run.sh": (b"#!/bin/sh\n", EXECUTABLE)}
ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    **{f"GIT_{who}_{what}": "t@t.invalid" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


async def git(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Run git; its output and errors."""

    def run() -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode != 0) == fails, done.stderr
        return done.stdout + done.stderr

    return await asyncio.get_running_loop().run_in_executor(None, run)


@asynccontextmanager
async def serving(folder: Path, pushes: list[list[str]]) -> AsyncIterator[str]:
    """The repository in *folder*, served; yields its URL."""

    async def pushed(references: list[str]) -> None:
        pushes.append(references)

    listener = Listener()
    port = await listener.open_plain(GitServer(folder, "fleet", pushed))
    try:
        yield f"http://127.0.0.1:{port}/fleet.git"
    finally:
        await listener.close()


def with_server(scenario: Callable[[str, Path, list[list[str]]], Awaitable[None]], tmp_path: Path) -> None:
    async def main() -> None:
        prepare(tmp_path / "git", FILES, NOW)
        pushes: list[list[str]] = []
        async with serving(tmp_path / "git", pushes) as url:
            await scenario(url, tmp_path, pushes)

    asyncio.run(main())


async def change(clone: Path, name: str, text: str) -> None:
    (clone / name).write_text(text)
    await git(clone, "add", name)
    await git(clone, "commit", "-m", f"Change {name}")


def test_clone_has_the_first_content(tmp_path: Path) -> None:
    """A clone has the files with their modes, on the branch main, with or without `.git` in the URL."""

    async def scenario(url: str, folder: Path, pushes: list[list[str]]) -> None:
        for number, each in enumerate((url, url.removesuffix(".git"))):
            await git(folder, "clone", "--quiet", each, f"clone{number}")
            clone = folder / f"clone{number}"
            assert (clone / "README.md").read_text() == "a fleet\n"
            assert os.access(clone / "clusters" / "run.sh", os.X_OK)
            assert (await git(clone, "branch", "--show-current")).strip() == "main"
        assert pushes == []

    with_server(scenario, tmp_path)


def test_push_is_told_once_it_is_stored(tmp_path: Path) -> None:
    """Each push is told with the references that moved; a new branch, a tag and a deletion too."""

    async def scenario(url: str, folder: Path, pushes: list[list[str]]) -> None:
        await git(folder, "clone", "--quiet", url, "clone")
        clone = folder / "clone"
        await change(clone, "a.txt", "one")
        await git(clone, "push", "--quiet")
        await git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/other", "HEAD:refs/tags/v1")
        await git(clone, "push", "--quiet", "origin", ":other")
        assert pushes[0] == ["refs/heads/main"]
        assert sorted(pushes[1]) == ["refs/heads/other", "refs/tags/v1"]
        assert pushes[2] == ["refs/heads/other"]
        assert (await git(clone, "push")).strip() == "Everything up-to-date"
        assert len(pushes) == 3

    with_server(scenario, tmp_path)


def test_non_fast_forward_needs_force(tmp_path: Path) -> None:
    """A push on top of an older state is refused by the client's own check, and goes through with --force."""

    async def scenario(url: str, folder: Path, pushes: list[list[str]]) -> None:
        for name in ("one", "two"):
            await git(folder, "clone", "--quiet", url, name)
            await change(folder / name, f"{name}.txt", name)
        await git(folder / "one", "push", "--quiet")
        assert "rejected" in await git(folder / "two", "push", fails=True)
        assert len(pushes) == 1
        await git(folder / "two", "push", "--quiet", "--force")
        assert len(pushes) == 2
        await git(folder, "clone", "--quiet", url, "three")
        assert (folder / "three" / "two.txt").exists()
        assert not (folder / "three" / "one.txt").exists()

    with_server(scenario, tmp_path)


def test_racing_pushes_lose_nothing(tmp_path: Path) -> None:
    """Of pushes that start from the same state at once, one is taken; the others are told so and nothing is lost."""

    async def scenario(url: str, folder: Path, pushes: list[list[str]]) -> None:
        names = [f"racer{number}" for number in range(4)]
        for name in names:
            await git(folder, "clone", "--quiet", url, name)
            await change(folder / name, f"{name}.txt", name)

        async def push(name: str) -> bool:
            try:
                await git(folder / name, "push", "--quiet")
            except AssertionError:
                return False
            return True

        won = [name for name, ok in zip(names, await asyncio.gather(*map(push, names)), strict=True) if ok]
        assert len(won) == len(pushes) == 1
        await git(folder, "clone", "--quiet", url, "result")
        assert {path.stem for path in (folder / "result").glob("racer*.txt")} == set(won)

    with_server(scenario, tmp_path)


def test_large_push_in_chunks(tmp_path: Path) -> None:
    """A pack above git's buffer of 1 MiB is sent in chunks; it arrives whole, also in a shallow clone."""

    async def scenario(url: str, folder: Path, pushes: list[list[str]]) -> None:
        await git(folder, "clone", "--quiet", url, "clone")
        noise = os.urandom(3 << 20)
        (folder / "clone" / "noise").write_bytes(noise)
        await git(folder / "clone", "add", ".")
        await git(folder / "clone", "commit", "-m", "Add noise")
        await git(folder / "clone", "push", "--quiet")
        await git(folder, "clone", "--quiet", "--depth=1", url, "shallow")
        assert (folder / "shallow" / "noise").read_bytes() == noise

    with_server(scenario, tmp_path)


def test_other_requests_are_refused(tmp_path: Path) -> None:
    """Another path, the dumb protocol and a form from a browser get an answer that says why."""

    async def scenario(url: str, folder: Path, pushes: list[list[str]]) -> None:
        other = url.replace("fleet", "other")
        assert "not found" in await git(folder, "clone", other, "x", fails=True)
        base = url.removeprefix("http://").partition("/")[0]
        host, _, port = base.partition(":")
        for request, status in (
            (b"GET /fleet.git/info/refs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"403"),
            (
                b"POST /fleet.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n",
                b"403",
            ),
            (
                b"POST /fleet.git/git-receive-pack HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                b"Content-Type: application/x-git-receive-pack-request\r\nContent-Length: 4\r\n\r\nzzzz",
                b"400",
            ),
        ):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request)
            answer = await reader.read()
            assert answer.split(b" ", 2)[1] == status, answer
            writer.close()
        assert pushes == []

    with_server(scenario, tmp_path)


def test_repository_is_kept_and_locks_are_not(tmp_path: Path) -> None:
    """A repository that is there keeps its content; a lock that a killed process left does not stop the next push."""
    assert prepare(tmp_path / "git", FILES, NOW)
    with Repo(str(tmp_path / "git")) as repo:
        head = repo.head()

    async def main() -> None:
        (tmp_path / "git" / "refs" / "heads" / "main.lock").touch()
        assert not prepare(tmp_path / "git", {"other": (b"", PLAIN)}, NOW)
        with Repo(str(tmp_path / "git")) as repo:
            assert repo.head() == head
        async with serving(tmp_path / "git", []) as url:
            await git(tmp_path, "clone", "--quiet", url, "clone")
            await change(tmp_path / "clone", "a.txt", "one")
            await git(tmp_path / "clone", "push", "--quiet")

    asyncio.run(main())


def test_half_made_repository_is_completed(tmp_path: Path) -> None:
    """A process that ended before the first commit leaves a repository that the next start completes."""
    Repo.init_bare(str(tmp_path), default_branch=b"main").close()
    assert prepare(tmp_path, FILES, NOW)


def test_read_tree_leaves_links_and_git_out(tmp_path: Path) -> None:
    """Only regular files are taken; a folder that is not there is named."""
    (tmp_path / "a").write_text("x")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("secret")
    assert read_tree(tmp_path) == {"a": (b"x", PLAIN)}
    with pytest.raises(RepositoryError, match="missing"):
        read_tree(tmp_path / "missing")
