"""`fairlead helm`: command lines read as helm reads them, and what is said about those that cannot be."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli.completion import places_of
from fairlead.cli.flags import FlagError, Flags, csv_fields
from fairlead.cli.helm import main as helm
from fairlead.cli.helm.commands import COMMANDS, DEPRECATED, ENVIRONMENT, GLOBAL
from fairlead.cli.helm.help import help_text
from fairlead.cli.helm.namespace import namespace_of


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ENVIRONMENT.values():
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def read(line: str) -> Flags:
    found = helm.read_command(line.split(" "))
    assert isinstance(found, Flags)
    return found


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("template rel app", "args", ["rel", "app"]),
        ("template --set a=b rel --set=c=d app", "args", ["rel", "app"]),
        ("template --set a=b rel --set=c=d app", "set", ["a=b", "c=d"]),
        ("template app -f a.yaml,b.yaml --values c.yaml", "values", ["a.yaml", "b.yaml", "c.yaml"]),
        ('template app -f "a,b.yaml"', "values", ["a,b.yaml"]),
        ("template app -fa.yaml", "values", ["a.yaml"]),
        ("template app -f=a.yaml", "values", ["a.yaml"]),
        ("template app -gfa.yaml", "values", ["a.yaml"]),
        ("template app -s a,b", "show_only", ["a,b"]),
        ("template app --include-crds", "include_crds", True),
        ("template app --include-crds=F", "include_crds", False),
        ("template app --dry-run", "dry_run", "unset"),
        ("template --dry-run app", "args", ["app"]),
        ("template app --dry-run=server", "dry_run", "server"),
        ("template app --timeout 1m30s", "timeout", 90.0),
        ("template app -l a=b,c=d -l e=f", "labels", {"a": "b", "c": "d", "e": "f"}),
        ("template app --wait", "wait", "watcher"),
        ("template -- -x app", "args", ["-x", "app"]),
        ("template app -", "args", ["app", "-"]),
        ("-n ns template app", "namespace", "ns"),
        ("--namespace=ns template app", "command", "template"),
        ("dep ls app", "command", "dependency list"),
        ("inspect values app", "command", "show values"),
        ("dependency list app --max-col-width 0x10", "max_col_width", 16),
        ("package app --version 2", "version", "2"),
    ],
)
def test_a_line_is_read(line: str, name: str, value: object) -> None:
    """Names and aliases of commands, flags in all their forms, words in any order."""
    assert getattr(read(line), name) == value


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("template app --nope", "unknown flag: --nope"),
        ("template app -x", "unknown shorthand flag: 'x' in -x"),
        ("template app -gx", "unknown shorthand flag: 'x' in -x"),
        ("template app --=x", "bad flag syntax: --=x"),
        ("template app --set", "flag needs an argument: --set"),
        ("template app -gf", "flag needs an argument: 'f' in -f"),
        (
            "template app -g=x",
            'invalid argument "x" for "-g, --generate-name" flag: strconv.ParseBool: parsing "x": invalid syntax',
        ),
        (
            "template app --burst-limit 9999999999999999999",
            'invalid argument "9999999999999999999" for "--burst-limit" flag: strconv.ParseInt: parsing '
            '"9999999999999999999": value out of range',
        ),
        (
            "template app --timeout 5",
            'invalid argument "5" for "--timeout" flag: time: missing unit in duration "5"',
        ),
        ("template app -l a", 'invalid argument "a" for "-l, --labels" flag: a must be formatted as key=value'),
        (
            "template app --wait=x",
            'invalid argument "x" for "--wait" flag: invalid wait input "x". '
            "Valid inputs are watcher, hookOnly, and legacy",
        ),
        (
            'template app -f wi"th',
            'invalid argument "wi\\"th" for "-f, --values" flag: parse error on line 1, column 3: bare " in '
            "non-quoted-field",
        ),
        (
            "lint",
            '"fairlead helm lint" requires at least 1 argument\n\nUsage:  fairlead helm lint PATH [flags]',
        ),
        (
            "show all a b",
            '"fairlead helm show all" requires 1 argument\n\nUsage:  fairlead helm show all [CHART] [flags]',
        ),
        (
            "dep up a b",
            '"fairlead helm dependency update" accepts at most 1 argument\n\n'
            "Usage:  fairlead helm dependency update CHART [flags]",
        ),
        (
            "template app --force-replace --force-conflicts",
            "if any flags in the group [force-replace force-conflicts] are set none of the others can be; "
            "[force-conflicts force-replace] were all set",
        ),
    ],
)
def test_a_mistake_is_told_in_helms_words(line: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with exit code 1."""
    with pytest.raises(FlagError) as caught:
        helm.read_command(line.split(" "))
    assert str(caught.value) == text
    assert helm.main(line.split(" ")) == 1
    assert capsys.readouterr() == ("", f"Error: {text}\n")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            "templat",
            'Error: unknown command "templat" for "fairlead helm"\n\nDid you mean this?\n\ttemplate\n\n'
            "Run 'fairlead helm --help' for usage.\n",
        ),
        (
            "nothing",
            'Error: unknown command "nothing" for "fairlead helm"\nRun \'fairlead helm --help\' for usage.\n',
        ),
        (
            "template app --color x",
            'level=WARN msg="command failed" error="invalid color mode \\"x\\": must be one of: never, auto, always"\n',
        ),
    ],
)
def test_what_is_no_command(line: str, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Near names are suggested; a wrong colour is told first of all."""
    assert helm.main(line.split(" ")) == 1
    assert capsys.readouterr() == ("", text)


@pytest.mark.parametrize("line", ["", "dep", "show nothing", "template --help", "help template", "lint -h --strict"])
def test_help_goes_to_stdout(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A group without its command says what there is, as helm does."""
    assert helm.main(line.split()) == 0
    out, err = capsys.readouterr()
    assert "\nUsage:\n  fairlead helm" in out
    assert err == ""


@pytest.mark.parametrize("place", ["", "dependency", "show", *COMMANDS])
def test_every_flag_has_its_help(place: str) -> None:
    """All flags of a command that are not deprecated or klog's have a line."""
    text = help_text(place)
    found = set(re.findall(r"^  (?:-\w, |    )--([a-z-]+)", text, re.MULTILINE))
    table = set(COMMANDS[place][3]) if place in COMMANDS else set()
    klog = {"v", "vmodule", "stderrthreshold", "one-output", "logtostderr", "alsologtostderr"}
    shown = {name for name in GLOBAL if not name.startswith(("log-", "skip-", "add-", "legacy-"))} - klog
    assert found == (table | shown | {"help"}) - set(DEPRECATED.get(place, ()))


def test_completion_knows_the_same_commands() -> None:
    """The parsers made for completion have a place for each command, with its flags."""
    parser = argparse.ArgumentParser()
    helm.configure(parser)
    places: dict[str, Any] = {" ".join(place.path): place for place in places_of(parser)}
    assert set(places) == {"", "dependency", "show", *COMMANDS}
    names = {name for flag in places["template"].flags for name in flag.names}
    assert {"--values", "-f", "--kube-token", "--source-map"} <= names


def test_variables_give_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """A flag wins over its variable."""
    monkeypatch.setenv("HELM_NAMESPACE", "from-env")
    monkeypatch.setenv("HELM_KUBEASGROUPS", "a,b")
    monkeypatch.setenv("HELM_DEBUG", "1")
    found = read("template app")
    assert (found.namespace, found.kube_as_group, found.debug) == ("from-env", ["a", "b"], True)
    found = read("template app -n mine --kube-as-group c --debug=false")
    assert (found.namespace, found.kube_as_group, found.debug) == ("mine", ["c"], False)


@pytest.mark.parametrize(
    ("flags", "namespace"),
    [("", "of-one"), (" --kube-context two", "default"), (" --kube-context gone", "default"), (" -n mine", "mine")],
)
def test_the_namespace_is_the_contexts(
    flags: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless a flag says another."""
    path = tmp_path / "config"
    path.write_text(
        "current-context: one\ncontexts:\n- {name: one, context: {namespace: of-one}}\n- {name: two, context: {}}\n"
    )
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/nothing:{path}")
    assert namespace_of(read(f"template app{flags}")) == namespace


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", []),
        ("a,b", ["a", "b"]),
        (",", ["", ""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a""b"', ['a"b']),
        ('"a\nb",c', ["a\nb", "c"]),
        ("\na\nb", ["a"]),
        ('"",', ["", ""]),
    ],
)
def test_fields(text: str, fields: list[str]) -> None:
    """The fields of the first line that has any."""
    assert csv_fields(text) == fields
