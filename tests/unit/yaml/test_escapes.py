"""Double-quoted escapes that libyaml and go-yaml judge differently."""

from __future__ import annotations

import pytest

from fairlead.base import yaml
from fairlead.base.yaml import compose


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"\\\'x"', "'x"),
        ("!!str \"\\'a\\'é\\'\"", "'a'é'"),
        ('\ufeff!!str "é\\\'"', "é'"),
        ("'\\/'", "\\/"),
        ("a\\/b", "a\\/b"),
        ('"\\\\/"', "\\/"),
        ('|-\n  "\\/ \\\'"', '"\\/ \\\'"'),
    ],
    ids=repr,
)
def test_taken(text: str, value: str) -> None:
    """An escaped apostrophe is one; a backslash before a slash is text wherever it is no escape."""
    assert yaml.load(text) == value
    assert compose.load(text) == value


@pytest.mark.parametrize(
    "text",
    ['"\\/"', 'a: 1\nb: "x\\/"', '{"a": "\\\\\\/"}', '- "\\\'"\n- "\n  \\/"'],
    ids=repr,
)
def test_refused(text: str) -> None:
    """An escaped slash, which JSON has and YAML 1.1 has not, is refused in go-yaml's words."""
    with pytest.raises(yaml.YamlError) as caught:
        yaml.load(text)
    assert caught.value.go_text.endswith("found unknown escape character")
    with pytest.raises(yaml.YamlError):
        compose.load(text)


def test_many() -> None:
    """A text full of such escapes is read in the time of a few."""
    assert compose.load("- !!str a\n" + '- "\\\'"\n' * 300) == ["a"] + ["'"] * 300
