"""What is read of a Git repository: references, files left out, credentials."""

from pathlib import Path
from typing import Any

import pytest
from dulwich import porcelain
from dulwich.repo import Repo

from fairlead.controllers.flux.git.fetching import GitError, GitFetcher, Request
from fairlead.controllers.flux.git.refs import Reference, RefError, choose
from fairlead.controllers.flux.git.sourceignore import without_ignored
from fairlead.controllers.flux.git.transport import Credentials, CredentialsError

A, B, C = "a" * 40, "b" * 40, "c" * 40
REFS = {
    b"HEAD": A.encode(),
    b"refs/heads/main": A.encode(),
    b"refs/heads/release": B.encode(),
    b"refs/tags/v1.0.0": A.encode(),
    b"refs/tags/v1.2.0": C.encode(),
    b"refs/tags/v1.2.0^{}": B.encode(),
    b"refs/tags/v2.0.0-rc.1": C.encode(),
    b"refs/tags/latest": C.encode(),
    b"refs/pull/7/head": C.encode(),
}


@pytest.mark.parametrize(
    ("reference", "revision"),
    [
        pytest.param({"branch": "release"}, f"release@sha1:{B}", id="branch"),
        pytest.param({"tag": "v1.0.0"}, f"v1.0.0@sha1:{A}", id="tag"),
        pytest.param({"tag": "v1.2.0"}, f"v1.2.0@sha1:{B}", id="annotated-tag"),
        pytest.param({"semver": ">=1.0.0"}, f"v1.2.0@sha1:{B}", id="semver"),
        pytest.param({"semver": ">=1.0.0-0"}, f"v2.0.0-rc.1@sha1:{C}", id="semver-prerelease"),
        pytest.param({"name": "refs/pull/7/head"}, f"refs/pull/7/head@sha1:{C}", id="name"),
        pytest.param({"commit": C}, f"sha1:{C}", id="commit"),
        pytest.param({"commit": C, "branch": "main"}, f"main@sha1:{C}", id="commit-of-branch"),
        pytest.param({"tag": "v1.0.0", "branch": "release"}, f"v1.0.0@sha1:{A}", id="tag-before-branch"),
        pytest.param({"semver": "1.x", "tag": "latest"}, f"v1.2.0@sha1:{B}", id="semver-before-tag"),
    ],
)
def test_references(reference: dict[str, str], revision: str) -> None:
    """Which commit is meant: commit, name, semver, tag, branch, in this order."""
    choice = choose(REFS, Reference.of({"ref": reference}), "url")
    assert choice.revision(choice.sha) == revision


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ({"branch": "nope"}, "unable to clone 'url': couldn't find remote ref \"refs/heads/nope\""),
        ({"tag": "nope"}, "unable to clone 'url': couldn't find remote ref \"refs/tags/nope\""),
        ({"semver": ">9"}, "no match found for semver: >9"),
        ({}, "unable to clone 'url': couldn't find remote ref \"refs/heads/master\""),
    ],
)
def test_references_that_mean_nothing(reference: dict[str, str], message: str) -> None:
    """Upstream's texts for references that are not there."""
    with pytest.raises(RefError) as caught:
        choose(REFS, Reference.of({"ref": reference}), "url")
    assert str(caught.value) == message


PATHS = (
    *("app/a.yaml", "app/b.txt", "app/deep/c.yaml", "docs/d.md", "logo.png", ".gitignore", ".git/config"),
    *(".github/w.yml", "x/.sops.yaml", "tmp", "dir/tmp/f"),
)


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        pytest.param(None, "app/a.yaml app/b.txt app/deep/c.yaml docs/d.md tmp dir/tmp/f", id="defaults"),
        pytest.param(
            "*.txt", " ".join(p for p in PATHS if p not in ("app/b.txt", ".gitignore", ".git/config")), id="own"
        ),
        pytest.param("/*\n!/app", "app/a.yaml app/b.txt app/deep/c.yaml", id="only-app"),
        pytest.param("/*\n!/app\n/app/deep/", "app/a.yaml app/b.txt", id="only-app-without-deep"),
        pytest.param(
            "# note\n\n/docs/\n*.png",
            "app/a.yaml app/b.txt app/deep/c.yaml .github/w.yml x/.sops.yaml tmp dir/tmp/f",
            id="comments",
        ),
        pytest.param(
            "**/deep/*.yaml\ntmp/\n.github/\n.sops.yaml\nlogo.*", "app/a.yaml app/b.txt docs/d.md tmp", id="globs"
        ),
    ],
)
def test_files_left_out(ignore: str | None, left: str) -> None:
    """spec.ignore takes the place of the default patterns; version control's files always go."""
    kept = without_ignored(dict.fromkeys(PATHS, b""), ignore)
    assert sorted(kept) == sorted(left.split())


def test_sourceignore_counts_from_its_own_folder() -> None:
    """A .sourceignore in a folder speaks of that folder alone."""
    files = {"a/.sourceignore": b"/x\n", "a/x": b"", "a/b/x": b"", "x": b""}
    assert sorted(without_ignored(files, None)) == ["a/.sourceignore", "a/b/x", "x"]


@pytest.mark.parametrize(
    ("url", "data", "message"),
    [
        ("ssh://git@host/r", {"known_hosts": "k"}, "invalid 'ssh' auth option: 'identity' is required"),
        ("ssh://git@host/r", {"identity": "i"}, "invalid 'ssh' auth option: 'known_hosts' is required"),
        ("https://h/r", {"password": "p"}, "invalid 'https' auth option: 'password' requires 'username' to be set"),
    ],
)
def test_credentials_that_do_not_fit(url: str, data: dict[str, str], message: str) -> None:
    """The Secret must hold what the address needs."""
    with pytest.raises(CredentialsError) as caught:
        Credentials.of(url, data)
    assert str(caught.value) == message


def test_credentials_of_the_address() -> None:
    """User and password in the address count where the Secret has none; ssh falls back to the user git."""
    found = Credentials.of("https://me:p%40ss@h/r", {})
    assert (found.username, found.password) == ("me", "p@ss")
    assert Credentials.of("ssh://h/r", {"identity": "i", "known_hosts": "k"}).username == "git"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    repo = Repo.init(str(tmp_path), default_branch=b"main")
    for name in ("app/a.yaml", "app/deep/b.yaml", "docs/c.md", "top.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("top.txt")
    porcelain.add(repo, [str(tmp_path / name) for name in ("app", "docs", "top.txt", "link")])
    porcelain.commit(repo, message=b"First\n\nMore.", author=b"a <a@b>", committer=b"a <a@b>")
    porcelain.tag_create(repo, b"v1", author=b"a <a@b>", message=b"x", annotated=True)
    repo.close()
    return tmp_path


def read(repository: Path, **changes: Any) -> Any:
    return GitFetcher().fetch(Request(f"file://{repository}", **{"reference": Reference(branch="main"), **changes}))


def test_reads_a_commit_without_checking_it_out(repository: Path) -> None:
    """Regular files only, by path; the subject is the first line of the message."""
    checkout = read(repository)
    assert sorted(checkout.files) == ["app/a.yaml", "app/deep/b.yaml", "docs/c.md", "top.txt"]
    assert checkout.subject == "First"
    assert checkout.revision == f"main@sha1:{checkout.commit}"


def test_an_annotated_tag_leads_to_its_commit(repository: Path) -> None:
    """The revision names the commit, not the tag object."""
    assert read(repository, reference=Reference(tag="v1")).revision == f"v1@sha1:{read(repository).commit}"


def test_a_known_commit_is_not_read_again(repository: Path) -> None:
    """When nothing is new no file is read."""
    known = read(repository).commit
    assert read(repository, known=known).files is None


def test_sparse_checkout_takes_folders_and_the_top(repository: Path) -> None:
    """Only the folders asked for, and files at the top; a folder that is not there is an error."""
    assert sorted(read(repository, folders=("./app/deep",)).files) == ["app/deep/b.yaml", "top.txt"]
    with pytest.raises(GitError, match="sparse checkout dir 'nope' does not exist"):
        read(repository, folders=("nope",))


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    """A file: address without a repository says so."""
    with pytest.raises(GitError, match=r"unable to clone 'file://.*': repository not found"):
        read(tmp_path)
