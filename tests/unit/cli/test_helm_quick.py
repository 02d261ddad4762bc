"""`fairlead helm template` read without argparse: the same flags, the same defaults."""

from __future__ import annotations

import argparse

import pytest

from fairlead.cli import helm, helm_quick

SAME = [
    ["chart"],
    ["name", "chart", "-f", "a.yaml", "--values", "b.yaml,c.yaml"],
    ["--set", "a=b", "--set=c=d", "--set-string=e=", "chart"],
    ["name", "chart", "-n", "here", "--kube-version", "1.30", "-a", "v1/A", "--api-versions=v1/B"],
    ["chart", "--include-crds", "--skip-tests", "-g", "--no-hooks", "--debug"],
    ["chart", "--namespace=", "--show-only", "templates/a.yaml", "-s", "templates/b.yaml"],
    ["chart", "--repo", "http://127.0.0.1:1/charts", "--version", "1.x", "--devel"],
]
LEFT_ALONE = [
    [],
    ["-h"],
    ["chart", "--help"],
    ["chart", "--no-such-flag"],
    ["chart", "--dry-run"],
    ["chart", "--set"],
    ["chart", "--set", "-f"],
    ["chart", "-nhere"],
    ["chart", "--skip-tests=true"],
    ["--include-crds"],
]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    helm.configure(parser)
    return parser


@pytest.mark.parametrize("words", SAME, ids=" ".join)
def test_everyday_command_lines_give_what_argparse_gives(words: list[str]) -> None:
    """The flags found without argparse are those that argparse finds."""
    assert vars(helm_quick.template_flags(words)) == vars(_parser().parse_args(["template", *words]))


@pytest.mark.parametrize("words", LEFT_ALONE, ids=" ".join)
def test_all_else_is_left_to_argparse(words: list[str]) -> None:
    """Help, mistakes and values that may be left out go to the parser that knows them."""
    assert helm_quick.template_flags(words) is None


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--dry-run", "chart"], "dry_run", "client"),
        (["chart", "--dry-run=server"], "dry_run", "server"),
        (["--wait", "chart"], "wait", "true"),
        (["--server-side=false", "chart"], "server_side", "false"),
    ],
)
def test_a_value_that_may_be_left_out_is_never_the_next_word(words: list[str], name: str, value: str) -> None:
    """As with helm, the word after such a flag is the chart."""
    flags = _parser().parse_args(["template", *words])
    assert (flags.args, getattr(flags, name)) == (["chart"], value)


def test_words_may_stand_between_flags() -> None:
    """As with helm, the name and the chart need not stand together."""
    flags = helm_quick.template_flags(["name", "--set", "a=b", "chart"])
    assert flags.args == ["name", "chart"]
    assert flags.set == ["a=b"]


def test_other_commands_are_left_to_argparse() -> None:
    """Only template is read without argparse."""
    assert helm_quick.run_quickly(["lint", "chart"]) is None
    assert helm_quick.run_quickly([]) is None
