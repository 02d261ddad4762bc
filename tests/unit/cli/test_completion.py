"""`fairlead completion`: what a real bash offers while somebody types."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from fairlead.cli.main import main

BASH, FISH = shutil.which("bash"), shutil.which("fish")
ASK = """
COMP_WORDS=("$@")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_fairlead
printf '%s\\n' "${COMPREPLY[@]}"
"""


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["completion", shell]) == 0
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


@pytest.mark.skipif(BASH is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("st", ["status"]),
        ("cluster ", ["kubeconfig", "describe"]),
        ("cluster -n staging des", ["describe"]),
        ("status --a", ["--all-namespaces", "--all"]),
        ("status -o ", ["json", "yaml"]),
        ("get -o w", ["wide"]),
        ("up --data ", []),
        ("get ", []),
        ("helm template --kube-c", ["--kube-ca-file", "--kube-context"]),
        ("kustomize edit set na", ["namespace", "nameprefix", "namesuffix"]),
        ("kustomize build --load-restrictor L", ["LoadRestrictionsRootOnly", "LoadRestrictionsNone"]),
        ("completion f", ["fish"]),
    ],
)
def test_bash(typed: str, offered: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Commands, flags of the command at hand, choices of a flag; nothing where a file or a name is meant."""
    text = script("bash", capsys) + ASK
    words = ["bash", "-c", text, "bash", "fairlead", *typed.split(" ")]
    done = subprocess.run(words, executable=BASH, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.split() == offered


def test_zsh_uses_the_script_for_bash(capsys: pytest.CaptureFixture[str]) -> None:
    """After zsh's own module for that is loaded."""
    first, rest = script("zsh", capsys).split("\n", 1)
    assert first == "autoload -U +X bashcompinit && bashcompinit"
    assert rest == script("bash", capsys)
    assert ":COMP_CWORD" not in rest  # zsh would take it for a modifier


def test_fish(capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each word and flag, with the help's text, where it may stand."""
    lines = script("fish", capsys).splitlines()
    status = "complete -c fairlead -n '__fish_seen_subcommand_from status'"
    assert f"{status} -s w -l watch -d 'draw it again after each change, until interrupted'" in lines
    assert f"{status} -s o -l output -x -a 'json yaml' -d 'instead of text'" in lines
    assert any(line.startswith(f"{status} -l data -r -d ") for line in lines)
    assert any("-f -a describe -d " in line and "_from cluster; and not " in line for line in lines)
    assert "vCenter\\'s" in script("fish", capsys)


@pytest.mark.skipif(FISH is None, reason="fish is not installed")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("st", ["status"]),
        ("cluster -n x ", ["describe", "kubeconfig"]),
        ("status --a", ["--all", "--all-namespaces"]),
        ("status -o ", ["json", "yaml"]),
    ],
)
def test_in_a_real_fish(typed: str, offered: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same words as in bash, with their help behind a tab."""
    (tmp_path / "fairlead.fish").write_text(script("fish", capsys))
    command = f"source {tmp_path}/fairlead.fish; complete -C 'fairlead {typed}'"
    done = subprocess.run([str(FISH), "--no-config", "-c", command], capture_output=True, text=True, check=True)
    assert [line.partition("\t")[0] for line in done.stdout.splitlines()] == offered
