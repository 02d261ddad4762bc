"""Laws that hold for every build, patch and selector, and bounds that nothing passes."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.base import yaml as goyaml
from fairlead.engines.kustomize import KustomizeError, MemoryLoader, build
from fairlead.engines.kustomize.images import changed_image, split_image
from fairlead.engines.kustomize.nodes import copied, from_value, plain, refolded, text_of, to_value
from fairlead.engines.kustomize.paths import smart_split
from fairlead.engines.kustomize.reader import read_documents
from fairlead.engines.kustomize.schema import BUILT_IN
from fairlead.engines.kustomize.selector import pattern
from fairlead.engines.kustomize.strategic import strategic_merge
from fairlead.engines.kustomize.variables import _expand

BOUNDED = settings(max_examples=150, deadline=None, derandomize=True, database=None)

WORDS = st.text(alphabet="abcXYZ019 :#-_.'\"\n\t{}[]&*!|>%@,$()=é☺~", max_size=12)
KEYS = st.text(alphabet="abcdefg", min_size=1, max_size=3)
NUMBERS = st.integers(-(2**53), 2**53)
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)


def _object(spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "e.com/v1", "kind": "W", "metadata": {"name": "w"}, "spec": spec}


def _build(files: dict[str, str], **options: Any) -> str:
    return build(".", MemoryLoader({name: text.encode() for name, text in files.items()}), **options).to_text()


@BOUNDED
@given(OBJECTS)
def test_a_plain_build_prints_what_was_read(spec: dict[str, Any]) -> None:
    """An object without an overlay keeps its value, and the output builds to itself."""
    text = goyaml.dump(_object(spec))
    first = _build({"kustomization.yaml": "resources: [w.yaml]\n", "w.yaml": text})
    assert goyaml.load(first) == goyaml.load(text)
    assert _build({"kustomization.yaml": "resources: [w.yaml]\n", "w.yaml": first}) == first


@BOUNDED
@given(VALUES)
def test_values_pass_through_nodes(value: Any) -> None:
    """A value made into nodes and back is the same, and so is a copy."""
    nodes = from_value(value)
    assert to_value(nodes) == value
    assert to_value(copied(nodes)) == value


@BOUNDED
@given(WORDS)
def test_a_plain_word_keeps_its_text(text: str) -> None:
    """Whatever a word means, its text stays what the file says."""
    assert text_of(plain(text)) == text


@BOUNDED
@given(OBJECTS, OBJECTS)
def test_a_patch_laid_twice_is_laid_once(spec: dict[str, Any], change: dict[str, Any]) -> None:
    """Strategic merge is idempotent, or refuses both times."""
    target, patch = from_value(_object(spec)), from_value(_object(change))
    try:
        once = strategic_merge(copied(target), copied(patch), BUILT_IN)
    except KustomizeError:
        return
    value = to_value(once)
    assert to_value(strategic_merge(copied(once), copied(patch), BUILT_IN)) == value


@BOUNDED
@given(st.lists(st.sampled_from("abcd"), max_size=4, unique=True), st.lists(st.sampled_from("abcd"), max_size=4))
def test_merged_containers_have_each_name_once(ours: list[str], theirs: list[str]) -> None:
    """A list that merges by key has the keys of both, those of the patch first."""
    theirs = list(dict.fromkeys(theirs))

    def pod(names: list[str]) -> Any:
        return from_value({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": n} for n in names]}})

    merged = to_value(strategic_merge(pod(ours), pod(theirs), BUILT_IN))
    wanted = [*theirs, *(name for name in ours if name not in theirs)]
    assert [item["name"] for item in merged["spec"]["containers"]] == wanted


@BOUNDED
@given(st.binary(max_size=60) | WORDS.map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """The reader knows two ways out: documents, and an error of this room."""
    try:
        documents = read_documents(data)
    except KustomizeError:
        return
    for document in documents:
        try:
            to_value(document.node)
        except KustomizeError:
            continue


@BOUNDED
@given(st.binary(max_size=80) | WORDS.map(lambda text: f"resources: {text}\n".encode()))
def test_any_kustomization_is_built_or_refused(data: bytes) -> None:
    """A kustomization file of any content ends in output or a KustomizeError."""
    try:
        build(".", MemoryLoader({"kustomization.yaml": data}))
    except KustomizeError:
        return


@BOUNDED
@given(WORDS)
def test_folding_settles_but_for_deeper_lines(text: str) -> None:
    """What go-yaml makes of a folded text differs from it in line breaks only."""
    try:
        folded = refolded(text)
    except KustomizeError:  # a tab where a block's indentation is looked for
        assert "\t" in text
        return
    assert folded.replace("\n", "").replace(" ", "") == text.replace("\n", "").replace(" ", "")


@BOUNDED
@given(st.text(alphabet="ab/:@.-", max_size=14))
def test_an_image_is_its_parts(image: str) -> None:
    """Without a change an image stays as it is, where its tag and digest are not empty."""
    name, tag, digest = split_image(image)
    whole = f"{name}{':' + tag if tag else ''}{'@' + digest if digest else ''}"
    assert changed_image(image, {}) == whole


@BOUNDED
@given(WORDS)
def test_paths_and_patterns_never_hang(text: str) -> None:
    """Any text is split, and any pattern compiled or refused."""
    assert isinstance(smart_split(text), list)
    try:
        test = pattern(text)
    except KustomizeError:
        return
    test("a" * 50 + "!")


@BOUNDED
@given(WORDS)
def test_a_text_without_variables_is_kept(text: str) -> None:
    """$$ aside, a text in which no known variable stands stays as it is."""
    if "$$" not in text:
        assert _expand(text, lambda name: f"$({name})") == text


def test_aliases_cannot_blow_up() -> None:
    """Ten levels of ten aliases each are refused before they are written out."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(KustomizeError, match="aliases stand for more than"):
        read_documents("\n".join(lines).encode())


def test_depth_is_bounded() -> None:
    """Values nested without end are refused, as are folders."""
    with pytest.raises(KustomizeError, match="nested deeper than"):
        read_documents(b"[" * 1000 + b"]" * 1000)
    files = {f"{'d/' * n}kustomization.yaml": "resources: [d]\n" for n in range(80)}
    with pytest.raises(KustomizeError, match="nested more than"):
        _build(files)


def test_the_output_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than the limit is an error."""
    monkeypatch.setattr(sys.modules["fairlead.engines.kustomize.build"], "OUTPUT_LIMIT", 10)
    with pytest.raises(KustomizeError, match="larger than 10 bytes"):
        _build({"kustomization.yaml": "configMapGenerator: [{name: a}]\n"})


def test_inputs_are_not_changed() -> None:
    """The same loader builds the same bytes again, also from what was kept."""
    files = {
        "kustomization.yaml": b"resources: [w.yaml]\nnamePrefix: p-\ncommonLabels: {a: b}\n",
        "w.yaml": goyaml.dump(_object({"x": 1})).encode(),
    }
    loader = MemoryLoader(files)
    assert len({build(".", loader).to_text() for _ in range(4)}) == 1


def test_names_that_upstream_cannot_keep_apart_are_an_error() -> None:
    """Upstream panics where commas in one of name and namespace, as in encrypted ones, end its lists unevenly."""
    files = {
        "kustomization.yaml": b"resources: [c.yaml]\nnamePrefix: p-\n",
        "c.yaml": b'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "a,b", namespace: x}\n',
    }
    with pytest.raises(KustomizeError, match="number of previous names"):
        build(".", MemoryLoader(files))
