"""The reader of plain text beside the composer over libyaml: it reads the same, or it says that it is not sure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.base import yaml
from fairlead.base.yaml import compose, read
from fairlead.base.yaml.quick import quick_documents
from fairlead.base.yaml.quick_scalars import Unsure

ROOT = Path(__file__).parents[3]

READ = {
    "a map": "a: b\nc:   d  \n",
    "a nested map": "a:\n  b:\n    c: 1\n  d: 2\ne: 3\n",
    "lists beside and below their keys": "a:\n- 1\n- 2\nb:\n  - 3\n  -   4\n",
    "lists of maps and lists": "- a: 1\n  b: 2\n-\n  c: 3\n- - x\n  - y\n-   - z\n",
    "values that are missing": "a:\nb:\n- \n-\n- # none\nc: # none\n",
    "comments": "# first\na: b # c\n#d: e\nf:\n  # g\n  h: i#j\n\n  k: '#l' # m\n",
    "quotes": "a: 'it''s'\nb: \"a\\tb\\u00e9\\\\\\\"\"\n'c d': e\n\"f\": 'g: h'\n",
    "quotes over lines": "a: 'b\n  c\n\n  d '\ne: \"f\n  g\\n\n  h\"\n",
    "words over lines": "a: b\n  c\n\n\n  d - e # f\ng: h\n",
    "literal blocks": "a: |\n  b\n   c\n\n  # d\n# e\nf: |-\n  g\n\nh: |+\n  i\n\nj: |2\n    k\nl: |\nm: n\n",
    "folded blocks": "a: >\n\n  b\n  c\n\n  d\n    e\n\n  f\ng: >-\n    h\n    i\n",
    "a block without an end": "a: |\n  b",
    "spaces at the end": "a:\n  b: |\n    c\n  ",
    "no document but spaces": "---\n  ",
    "tabs behind a word": "a: b\t\nc: d\t \ne: f\n",
    "quotes with lines that go on": 'a: "b \\\n  \\  c\\\n\n  d\\ \n  e\\\\\n  f"\n',
    "tabs in a block": "a: |\n  b\tc\n  \td\n",
    "flow": 'a: {b: c, \'d\': [1, "2", {}], e: []}\nf: [ x , -y ]\ng: {"h":1}\n',
    "JSON over lines": '{\n  "a": [\n    1,\n    {"b": null}\n  ],\n  "c": "d"\n}\n',
    "documents": "a: 1\n---\n--- # two\n# nothing\n---\n- b\n",
    "a comment before the first document": "# a\n---\nb: c\n",
    "words of other types": "a: [yes, 012, 0x1F, 1e3, .5, ~, '1', -1, 1_000]\n1: x\ntrue: y\n1.5: z\n",
    "urls and colons": "a: http://b:80/c\nd:e: f\ng: 10:30\n",
    "characters beyond ASCII": "é: 'ü' # →\nk: 日本\n",
    "anchors of scalars": "a: &b c\nd: *b\ne: &f-1 'g'\nh: [x]\ni:\n- *f-1 # j\n- &b |\n  k\n- *b\n- &n 1\n- *n\n",
    "nothing": "# only this\n\n",
}
LEFT = {
    "a collection in a very long line": "a: {" + ", ".join(f"b{number}: [1]" for number in range(4000)) + "}\n",
    "a very long line in a collection": f"[\n{'a, ' * 12_000}b]\n",
    "anchors of collections": "a: &b {c: d}\ne: *b\n",
    "anchors of what stands below": "a: &b\n  c: d\n",
    "anchors of keys": "&a b: c\n",
    "aliases before their anchors": "a: *b\nc: &b d\n",
    "aliases of another document": "a: &b c\n---\nd: *b\n",
    "very many aliases": "a: &b c\nd:\n" + "- *b\n" * 10_001,
    "aliases with something behind": "a: &b c\nd: *b e\n",
    "tags": "a: !!str 1\n",
    "merges": "a:\n  <<: {b: c}\n",
    "complex keys": "? a\n: b\n",
    "keys given twice": "a: 1\na: 2\n",
    "directives": "%YAML 1.1\n---\na: b\n",
    "ends of documents": "a: b\n...\n",
    "text after a marker": "--- a\n",
    "tabs between tokens": "a:\tb\n",
    "tabs before a key": "a:\n\tb: c\n",
    "a byte order mark": "\ufeffa: b\n",
    "control characters": "a: \x01\n",
    "line separators": "a: b\u2028c\n",
    "carriage returns": "a: b\r\n",
    "a value that is a map": "a: b: c\n",
    "a list beside a key": "a: - b\n",
    "a line that is no key": "a: b\nc\n",
    "too deep a line": "a: 'b'\n  c: d\n",
    "too shallow a line": "a:\n    b: c\n  d: e\n",
    "an open quote": "a: 'b\n",
    "an open bracket": "a: [b\nc: d\n",
    "words after a quote": "a: 'b' c\n",
    "a bad escape": 'a: "\\q"\n',
    "half a pair of surrogates": 'a: "\\ud800"\n',
    "spaces at the end of a block": "a: |\n b\n   ",
    "lists without values": "a: [b,, c]\n",
    "a null key": "~: a\n",
    "infinities": "a: .inf\n",
    "no number": "a: .nan\n",
    "a shallow line in a block": "a: |\n    b\n  c\n",
    "deep blank lines before a block": "a: |\n      \n  b\n",
    "a map in a list in flow": "[a: b]\n",
}


def _typed(value: Any) -> Any:
    """Return *value* with the type of every scalar and the order of keys."""
    if isinstance(value, dict):
        return [(key, _typed(item)) for key, item in value.items()]
    if isinstance(value, list):
        return ["list", *map(_typed, value)]
    return type(value).__name__, value


def _read_both(text: str | bytes) -> bool:
    """Hold both readers of *text* to the same documents and lines; False when the quick one is not sure."""
    try:
        quick = [(value, lines) for value, lines, _ in quick_documents(text, read._RULES, track=True)]
    except Unsure:
        return False
    full = list(compose.iterate_with_lines(text, strict=True))
    assert [_typed(value) for value, _ in quick] == [_typed(value) for value, _ in full]
    assert [list(lines.items()) for _, lines in quick if lines] == [list(lines.items()) for _, lines in full]
    return True


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_plain_text_is_read(text: str) -> None:
    """What manifests are made of needs no libyaml, and is read as libyaml reads it."""
    assert _read_both(text)


@pytest.mark.parametrize("text", LEFT.values(), ids=LEFT)
def test_what_is_unusual_or_wrong_is_left(text: str) -> None:
    """Everything else is left to libyaml, so that no error has another text than before."""
    with pytest.raises(Unsure):
        list(quick_documents(text, read._RULES))


def test_a_second_look_changes_nothing() -> None:
    """Words kept from one text do not hide what is wrong with the next."""
    assert yaml.load("a: b\nc: 'd'\n") == {"a": "b", "c": "d"}
    for text in ("a: b\n  c: d\n", "c: 'd'\n  e\n", "- b\n  c: d\n"):
        with pytest.raises(yaml.YamlError):
            yaml.load(text)
    assert yaml.load("a: b\n  c\n") == {"a": "b c"}


def test_what_follows_the_first_document_does_not_matter() -> None:
    """`load` reads one document, and so does not see that the second is wrong; `iterate` comes to it."""
    text = "a: 1\n---\nb: [\n"
    assert yaml.load(text) == {"a": 1}
    found = yaml.iterate_with_lines(text)
    assert next(found)[0] == {"a": 1}
    with pytest.raises(yaml.YamlError, match="did not find expected node content"):
        next(found)


PIECES = [
    *("a", "b c", "key", "- ", "-", "? ", ": ", ":", "#", " #", "'", '"', "\\", "\n", "\n\n", "\n  ", "\n    ", "  "),
    *(
        "|",
        "|-",
        ">",
        ">+",
        "|2",
        "{",
        "}",
        "[",
        "]",
        ",",
        "---",
        "---\n",
        "...",
        "&a",
        "*a",
        "!t",
        "<<",
        "~",
        "1",
        " ",
    ),
    *("a: b\n", "- c\n", "a:\n", "a: |\n  x\n", "a: >\n  x\n   y\n\n  z\n", "'x\n  y'", '"x\n\n  y"', "{a: b}"),
    *("\t", "é", "\\n", "\\x41", "''", '""', "%", "@", "`", "=", "null", "yes", ".5", "-1", "1:30", "[c, d]"),
]
BOUNDED = {"deadline": None, "derandomize": True, "database": None}


@settings(max_examples=1500, **BOUNDED)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_both_read_the_same(text: str) -> None:
    """Whatever pieces of YAML stand together: what the quick reader reads, libyaml reads alike."""
    _read_both(text)


def _manifest_lines() -> list[str]:
    text = (ROOT / "examples").rglob("*.yaml")
    return sorted({line for path in text for line in path.read_text().splitlines()})


@settings(max_examples=600, **BOUNDED)
@given(st.lists(st.tuples(st.sampled_from(_manifest_lines()), st.sampled_from([0, 0, 0, 2, -2])), max_size=10))
def test_both_read_lines_of_manifests_the_same(lines: list[tuple[str, int]]) -> None:
    """Lines of real manifests in any order, some moved to the side."""
    moved = [" " * by + line if by >= 0 else line.removeprefix("  ") for line, by in lines]
    _read_both("".join(f"{line}\n" for line in moved))


def _files() -> Iterator[Path]:
    for folder in ("examples", "tests", "peers", "src"):
        for suffix in ("yaml", "yml"):
            yield from (ROOT / folder).rglob(f"*.{suffix}")


def test_the_project_is_read_quickly() -> None:
    """Both read the YAML files of the project the same, and few of the good ones are left to libyaml."""
    left = []
    for path in _files():
        data = path.read_bytes()
        if not _read_both(data) and not _is_faulty(data):
            left.append(path.name)
    assert len(left) <= 5, left


def _is_faulty(data: bytes) -> bool:
    try:
        compose.load_all(data, strict=True)
    except yaml.YamlError:
        return True
    return False


@pytest.mark.skipif("FAIRLEAD_SHARED" not in os.environ, reason="FAIRLEAD_SHARED is not set")
def test_shared_charts_and_overlays_are_read_quickly() -> None:
    """Charts, values and overlays of many projects: the same from both readers, most of them quickly."""
    quick = good = 0
    for path in Path(os.environ["FAIRLEAD_SHARED"], "fixtures").rglob("*.y*ml"):
        data = path.read_bytes()
        if _read_both(data):
            quick += 1
            good += 1
        elif not _is_faulty(data):
            good += 1
    assert quick >= good * 0.95


def test_plain_text_loads_no_yaml_library() -> None:
    """PyYAML is loaded by the first text that needs it, not before; regular expressions and `typing` are not either."""
    code = (
        "import sys; before = set(sys.modules); from fairlead.base import yaml; yaml.dump(yaml.load('a: [b]')); "
        "assert not {'yaml', 're', 'typing', 'json', 'enum'} & (set(sys.modules) - before); "
        "yaml.load('a: !!str c'); assert 'yaml' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
