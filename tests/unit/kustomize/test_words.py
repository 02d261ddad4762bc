"""Command lines of `fairlead kustomize`: exit codes and the first line of an error are kustomize 5.8.2's."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.cli.kustomize.main import configure
from fairlead.cli.main import main


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kustomization.yaml").write_text("namespace: a\n")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("build --foo", "unknown flag: --foo"),
        ("build a b", "specify one path to kustomization.yaml"),
        ("build -o", "flag needs an argument: 'o' in -o"),
        ("build --reorder foo", "illegal flag value --reorder foo; legal values: [legacy none]"),
        ("localize a b c", "accepts at most 2 arg(s), received 3"),
        ("buld", 'unknown command "buld" for "kustomize"'),
        ("nope", 'unknown command "nope" for "kustomize"'),
        ("--bogus", "unknown flag: --bogus"),
        ("edit --foo add", "unknown flag: --foo"),
        ("edit add -x configmap", "unknown shorthand flag: 'x' in -x"),
        ("edit set nameprefix -x", "unknown shorthand flag: 'x' in -x"),
        (
            "edit add resource --no-verify=x",
            'invalid argument "x" for "--no-verify" flag: strconv.ParseBool: parsing "x": invalid syntax',
        ),
    ],
)
def test_wrong_usage_is_an_error_in_the_real_tools_words(
    line: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, nothing on stdout."""
    assert main(["kustomize", *line.split()]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.splitlines()[0]) == ("", f"Error: {error}")


def test_an_empty_folder_is_not_the_one_at_hand(capsys: pytest.CaptureFixture[str]) -> None:
    """A variable that is not set must not build another kustomization."""
    main(["kustomize", "build"])
    capsys.readouterr()
    assert main(["kustomize", "build", ""]) == 1
    assert capsys.readouterr() == ("", "Error: must build at directory: directory path cannot be empty\n")


def test_a_near_command_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Below the topmost an unknown word gets the help, as upstream, and here a hint."""
    main(["kustomize", "buld"])
    assert "\nDid you mean this?\n\tbuild\n\nRun " in capsys.readouterr().err
    assert main(["kustomize", "edit", "sett", "namespace"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("usage: fairlead kustomize edit ")
    assert said.err == "hint: 'fairlead kustomize edit' has no command 'sett'; did you mean 'set'?\n"


@pytest.mark.parametrize(
    "line", ["", "--help", "help", "edit", "edit add", "edit add --help", "help edit set", "build -h"]
)
def test_a_command_without_its_sub_command_prints_the_help(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, nothing on stderr."""
    assert main(["kustomize", *line.split()]) == 0
    said = capsys.readouterr()
    words = " ".join(word for word in line.split() if word != "help" and not word.startswith("-"))
    assert said.out.startswith(f"usage: fairlead kustomize {words}".rstrip())
    assert said.err == ""


@pytest.mark.parametrize(
    ("line", "prefix"),
    [("edit set nameprefix -- -x", "-x"), ("edit --stack-trace set nameprefix y-", "y-")],
)
def test_flags_stand_anywhere_and_end(line: str, prefix: str) -> None:
    """What comes after two dashes is a word."""
    assert main(["kustomize", *line.split()]) == 0
    assert f"namePrefix: {prefix}\n" in Path("kustomization.yaml").read_text()


def test_the_value_of_a_flag_may_begin_with_a_dash() -> None:
    """And switches may say false."""
    line = "edit add configmap m --from-literal -a=-b --disableNameSuffixHash=false"
    assert main(["kustomize", *line.split()]) == 0
    text = Path("kustomization.yaml").read_text()
    assert "  - -a=-b\n" in text
    assert "disableNameSuffixHash" not in text


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            told = {choice.dest: choice.help for choice in action._choices_actions}
            for name, child in action.choices.items():
                assert told.get(name) or name == "init", f"{parser.prog} {name} has no description"
                yield from _commands(child)


def test_every_command_and_every_flag_has_a_description() -> None:
    """Of all commands below `kustomize`."""
    parser = argparse.ArgumentParser(prog="kustomize")
    configure(parser)
    found = list(_commands(parser))
    assert "kustomize edit remove secret" in [command.prog for command in found]
    bare = [
        f"{command.prog} {action.option_strings[0]}"
        for command in found
        for action in command._actions
        if action.option_strings and action.help in (None, argparse.SUPPRESS)
    ]
    assert bare == []
