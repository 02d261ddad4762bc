"""Label and field selectors."""

from __future__ import annotations

import pytest

from fairlead.engines.selectors import (
    SelectorError,
    field_value,
    label_selector,
    parse_fields,
    parse_labels,
)

LABELS = {"app": "web", "tier": "front", "n": "5"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("app=web", True),
        ("app==web,tier!=back", True),
        ("app in (api, web)", True),
        ("app notin (web)", False),
        ("tier", True),
        ("!tier", False),
        ("!gone,app", True),
        ("n>4", True),
        ("n<5", False),
        ("app>4", False),
        ("gone!=x", True),
        ("in=x", False),
    ],
)
def test_labels_match(text: str, expected: bool) -> None:
    """Every operator of the string form."""
    assert parse_labels(text).matches(LABELS) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("a in b", "unable to parse requirement: found 'b' expected: '('"),
        ("=", "found '=', expected: !, identifier, or 'end of string'"),
        (
            "a>x",
            "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, "
            "the value must be an integer",
        ),
    ],
)
def test_labels_that_cannot_be_understood_say(text: str, message: str) -> None:
    """Upstream's texts."""
    with pytest.raises(SelectorError) as caught:
        parse_labels(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["a=b", "a in (b,c),!d", "x,y>3", "a notin (b)", "z!="])
def test_printing_and_parsing_give_the_same(text: str) -> None:
    """``parse(str(s)) == s``."""
    assert str(parse_labels(text)) == text
    assert parse_labels(str(parse_labels(text))) == parse_labels(text)


def test_the_object_form() -> None:
    """null selects nothing, an empty object everything."""
    assert not label_selector(None).matches(LABELS)
    assert label_selector({}).matches(LABELS)
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["front", "back"]},
            {"key": "gone", "operator": "DoesNotExist"},
        ],
    }
    assert label_selector(selector).matches(LABELS)
    assert str(label_selector(selector)) == "app=web,!gone,tier in (back,front)"
    with pytest.raises(SelectorError, match='"Near" is not a valid label selector operator'):
        label_selector({"matchExpressions": [{"key": "a", "operator": "Near"}]})


def test_fields_match() -> None:
    """Terms are joined by and; a backslash escapes."""
    obj = {"metadata": {"name": "a,b"}, "spec": {"nodeName": "n"}, "status": {}}
    selector = parse_fields(r"metadata.name=a\,b,spec.nodeName!=other,status.phase=")
    assert selector.matches(lambda path: field_value(obj, path))
    assert selector.exact("metadata.name") == "a,b"
    assert not parse_fields("status.phase!=").matches(lambda path: field_value(obj, path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foo", "invalid selector: 'foo'; can't understand 'foo'"),
        ("a=b=c", "invalid field selector: unescaped character in value: 61"),
        (r"a=\x", r"invalid field selector: invalid escape sequence: \x"),
    ],
)
def test_fields_that_cannot_be_understood_say(text: str, message: str) -> None:
    """Upstream's texts."""
    with pytest.raises(SelectorError) as caught:
        parse_fields(text)
    assert str(caught.value) == message
