"""Templates in a ClusterClass: what they may not do, and where their bounds are."""

from __future__ import annotations

import pytest

from fairlead.engines.clusterclass.templates import RenderError, check_template, data_of, render_value


@pytest.mark.parametrize(
    "call",
    [
        'genCA "ca" 1',
        'genPrivateKey "rsa"',
        'genSelfSignedCert "a" list list 1',
        'htpasswd "a" "b"',
        'bcrypt "a"',
        'encryptAES "k" "t"',
        "randInt 1 5",
        'shuffle "abc"',
        'durationRound "2h"| print | ago',
    ],
)
def test_no_secrets_from_dice(call: str) -> None:
    """What would differ each time, or be no secret, is refused with the function's name."""
    with pytest.raises(RenderError, match=f"error calling .*{call.split()[-1] if '|' in call else call.split()[0]}"):
        render_value(f"{{{{ {call} }}}}", data_of({}))


@pytest.mark.parametrize("name", ["now", "env", "uuidv4", "randAlpha", "getHostByName", "toYaml", "include", "tpl"])
def test_functions_that_do_not_exist(name: str) -> None:
    """Sprig's unrepeatable functions and Helm's own are not there, as in Cluster API."""
    assert check_template("x", f"{{{{ {name} }}}}") == f'template: x:1: function "{name}" not defined'


def test_endless_templates_end() -> None:
    """A template that repeats or nests without end is an error."""
    with pytest.raises(RenderError, match="takes more than 1000000 steps"):
        render_value("{{ range until 2000 }}{{ range until 2000 }}{{ end }}{{ end }}", data_of({}))
    with pytest.raises(RenderError, match="exceeded maximum template depth"):
        render_value('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', data_of({}))


def test_large_output_ends() -> None:
    """A text of more than a few megabytes is an error."""
    with pytest.raises(RenderError, match="writes more than"):
        render_value("{{ range until 500000 }}0123456789{{ end }}", data_of({}))


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        pytest.param("{{ .n }}", 6443, id="integer-in-integer-out"),
        pytest.param("{{ .s | quote }}", "6443", id="quoted-text-stays-text"),
        pytest.param("{{ .s }}", 6443, id="bare-text-is-read-as-yaml"),
        pytest.param("{{ .big }}", 12345678, id="float-notation-is-a-number-again"),
        pytest.param("", None, id="nothing-is-null"),
        pytest.param("a: {{ .missing }}", {"a": "<no value>"}, id="missing-variable"),
        pytest.param("a: 1\n---\nb: 2", {"a": 1}, id="first-document-counts"),
    ],
)
def test_value(template: str, expected: object) -> None:
    """The rendered text is YAML; its first document is the value."""
    assert render_value(template, data_of({"n": 6443, "s": "6443", "big": 12345678})) == expected
