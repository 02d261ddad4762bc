"""Text in: what sigs.k8s.io/yaml v1.6.0 makes of it (expectations were printed by the Go library)."""

import pytest

from fairlead.base.yaml import YamlError, load, load_all, load_all_with_lines

SCALARS = {
    "yes": True,
    "y": True,
    "Off": False,
    "n": False,
    "~": None,
    "": None,
    "0644": 420,
    "0o17": 15,
    "0b11": 3,
    "-0b11": -3,
    "0x1F": 31,
    "1_000": 1000,
    "08": 8.0,
    "1e3": 1000.0,
    "12e03": 12000.0,
    ".5": 0.5,
    "1e400": "1e400",
    "22:22": "22:22",
    "18446744073709551615": 18446744073709551615,
    "18446744073709551616": 18446744073709551616.0,
    "2020-01-01": "2020-01-01",
    "=": "=",
    "<<": "<<",
    "!!str 5": "5",
    "!!float 3": 3.0,
    "!!binary aGk=": "hi",
    "!foo 5": "5",
}


@pytest.mark.parametrize("text", SCALARS)
def test_a_word_means_what_it_means_in_go(text: str) -> None:
    """Words, octals, underscores and tags resolve by go-yaml v2's rules."""
    value = load(f"a: {text}")["a"]
    assert value == SCALARS[text]
    assert type(value) is type(SCALARS[text])


def test_keys_become_strings() -> None:
    """JSON has no other keys; a float key is printed with 32 bits."""
    assert load("1: a\ntrue: b\n1.5: c\n1e3: d\n") == {"1": "a", "true": "b", "1.5": "c", "1000": "d"}


def test_a_merge_counts_where_it_stands() -> None:
    """A later `<<` overrides the keys before it; the first of a list of maps wins."""
    text = "a: &a {x: 1, k: 1}\nb: &b {x: 2, z: 2}\nc:\n  x: 0\n  <<: *a\n  k: 9\nd:\n  <<: [*a, *b]\n"
    value = load(text)
    assert value["c"] == {"x": 1, "k": 9}
    assert value["d"] == {"x": 1, "k": 1, "z": 2}


def test_aliases_are_copies() -> None:
    """Changing one use of an anchor leaves the others alone."""
    value = load("a: &a [1]\nb: *a\n")
    value["a"].append(2)
    assert value["b"] == [1]


ERRORS = {
    "a: {{ b }}": 'yaml: invalid map key: map[interface {}]interface {}{"b":interface {}(nil)}',
    "a: b: c": "yaml: mapping values are not allowed in this context",
    "x:\n  a: 1\n b: 2": "yaml: line 2: did not find expected key",
    "- a\nb": "yaml: line 3: could not find expected ':'",
    "a: *z": "yaml: unknown anchor 'z' referenced",
    "a: &a [*a]": "yaml: anchor 'a' value contains itself",
    "\x01": "yaml: control characters are not allowed",
    "a: .inf": "json: unsupported value: +Inf",
    "a: [.nan]\n": "json: unsupported value: NaN",
    "~: x": 'unsupported map key of type: %!s(<nil>), key: <nil>, value: "x"',
    "a: .inf\n~: 1.0": "unsupported map key of type: %!s(<nil>), key: <nil>, value: 1",
    "~: {a: -.inf}": "unsupported map key of type: %!s(<nil>), key: <nil>, value: map[interface {}]interface {}{",
    "~:": "unsupported map key of type: %!s(<nil>), key: <nil>, value: <nil>",
    "%YAML 1.2\n---\na: 1": "yaml: found incompatible YAML document",
    "%YAML 1.2\n": "yaml: found incompatible YAML document",
    "%YAML 1.1\n": "yaml: line 1: did not find expected <document start>",
    "<<: x": "yaml: map merge requires map or sequence of maps as the value",
    "a: !!int foo": "yaml: cannot decode !!str `foo` as a !!int",
    "~: x\n- y": "yaml: line 1: did not find expected key",
}


@pytest.mark.parametrize("text", ERRORS)
def test_an_error_has_gos_text(text: str) -> None:
    """The text people search for; wrong syntax goes before wrong meaning."""
    with pytest.raises(YamlError) as caught:
        load(text)
    assert caught.value.go_text.startswith(ERRORS[text])


def test_what_json_has_not_may_be_replaced() -> None:
    """A number that JSON has not is no error where a later key of the same name replaces it."""
    assert load("a: .inf\na: 1\n") == {"a": 1}
    assert load("%YAML 1.1\n---\nb: {c: .nan, c: x}") == {"b": {"c": "x"}}


def test_an_error_names_its_real_place() -> None:
    """go-yaml counts parser errors from zero; the place in front of ours is the editor's."""
    with pytest.raises(YamlError) as caught:
        load("x:\n  a: 1\n b: 2", source="values.yaml")
    assert str(caught.value).startswith("values.yaml:3:2: did not find expected key")


def test_strict_refuses_a_key_given_twice() -> None:
    """Only on request; else the last one counts."""
    assert load("a: 1\na: 2") == {"a": 2}
    with pytest.raises(YamlError) as caught:
        load("a: 1\na: 2", strict=True)
    assert caught.value.go_text == 'yaml: unmarshal errors:\n  line 2: key "a" already set in map'


def test_a_bomb_of_aliases_is_refused() -> None:
    """Nine levels of nine aliases would be 387 million values."""
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    with pytest.raises(YamlError, match="excessive aliasing"):
        load("\n".join(rows))


def test_depth_is_bounded() -> None:
    """A pit of brackets is an error, not a crash."""
    with pytest.raises(YamlError, match="nested deeper"):
        load("[" * 2000 + "]" * 2000)


def test_only_the_first_document_is_loaded() -> None:
    """As in Go, what follows it is not even parsed."""
    assert load("a: 1\n---\n{") == {"a": 1}
    assert load("") is None
    assert load_all("a: 1\n---\n---\nb\n") == [{"a": 1}, None, "b"]


def test_every_part_has_its_line() -> None:
    """Entries stand where their keys do, items where they begin, merged keys where they were written."""
    text = "a: &x\n  b: 1\nc:\n- d\n- e:\n    f: 1\n<<: *x\n---\ng: 1\n"
    (first, lines), (_, later) = load_all_with_lines(text)
    assert first["b"] == 1
    places = {("a",): 1, ("a", "b"): 2, ("c",): 3, ("c", 0): 4, ("c", 1): 5, ("c", 1, "e", "f"): 6, ("b",): 2}
    assert {path: lines[path] for path in places} == places
    assert later[("g",)] == 9
    assert lines.find(("c", 1, "nowhere")) == 5
    assert ("c", 7) not in lines
