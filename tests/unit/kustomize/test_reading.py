"""Documents read quickly and by libyaml: the same nodes, the same lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.base.yaml.quick import quick_documents
from fairlead.base.yaml.quick_scalars import Unsure
from fairlead.engines.kustomize import KustomizeError, reader
from fairlead.engines.kustomize.composer import compose_one

ROOT = Path(__file__).parents[3]
LINES = sorted({line for path in (ROOT / "examples").rglob("*.yaml") for line in path.read_text().splitlines()})
ODD = [
    "- >",
    "    - |-",
    "  x: >-",
    "    a",
    "      b",
    "",
    "  1: y",
    "  yes: no",
    "k: {a: b, 'c': [d]}",
    "'q': \"e\"",
    "n:",
]


def _typed(node: Any) -> Any:
    if isinstance(node, dict):
        return [(type(key).__name__, str(key), _typed(item)) for key, item in node.items()]
    if isinstance(node, list):
        return ["list", *map(_typed, node)]
    return type(node).__name__, repr(node)


def _read_both(text: str) -> bool:
    """Hold both readers to the same; False when the quick one leaves *text* to the other."""
    try:
        found = next(((node, at) for node, _, at in quick_documents(text, reader._RULES)), None)
    except Unsure:
        return False
    if text.strip():
        full = compose_one(text, 7)
        assert (full is None) == (found is None)
        if full is not None and found is not None:
            assert not full.fault
            assert _typed(found[0]) == _typed(full.node)
            assert found[1] + 7 == full.line
    return True


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(st.sampled_from([*LINES, *ODD]), st.sampled_from([0, 0, 0, 2, -2])), max_size=10))
def test_nodes_are_the_same(lines: list[tuple[str, int]]) -> None:
    """Quotes, blocks, odd keys and words of other types give the same nodes from both readers."""
    moved = [" " * by + line if by >= 0 else line.removeprefix("  ") for line, by in lines]
    _read_both("".join(f"{line}\n" for line in moved))


@pytest.mark.skipif("FAIRLEAD_SHARED" not in os.environ, reason="FAIRLEAD_SHARED is not set")
def test_shared_overlays_are_read_the_same() -> None:
    """Nearly all documents of real overlays are read quickly."""
    fixtures = Path(os.environ["FAIRLEAD_SHARED"], "fixtures/kustomize")
    texts = [path.read_text() for path in fixtures.rglob("*.y*ml")]
    texts += [
        text for case in json.loads((fixtures / "krusty-cases.json").read_text()) for text in case["files"].values()
    ]
    quick = left = 0
    for text in texts:
        try:
            parts = [part for part, _ in reader.split_documents(text)]
        except KustomizeError:
            continue
        for part in parts:
            if _read_both(part):
                quick += 1
            else:
                left += 1
    assert quick > 1000
    assert left < quick * 0.05


def test_a_separator_needs_an_end_of_its_own() -> None:
    """Two separators in a row share no line break, so the second begins a document; the last line is none."""
    assert [part for part, _ in reader.split_documents("a\n---\n---\nb\n---")] == ["a\n", "---\nb\n---"]
    with pytest.raises(KustomizeError, match="invalid document separator: --- b"):
        list(reader.split_documents("a\n--- b\nc\n"))


def test_a_plain_overlay_loads_little(tmp_path: Path) -> None:
    """A build of plain files needs no YAML library, no regular expressions and no OpenSSL."""
    (tmp_path / "kustomization.yaml").write_text(
        "namePrefix: p-\nimages:\n- name: nginx\n  newTag: '2'\nconfigMapGenerator:\n- name: c\n  literals: [a=b]\n"
        "resources:\n- pod.yaml\npatches:\n- patch: |-\n    apiVersion: v1\n    kind: Pod\n    metadata:\n"
        "      name: w\n      labels:\n        a: b\n"
    )
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: w\nspec:\n  containers:\n  - name: c\n    image: nginx:1\n"
    )
    code = (
        "import sys; before = set(sys.modules); from fairlead.cli.main import main; "
        f"assert main(['kustomize', 'build', {str(tmp_path)!r}]) == 0; "
        "heavy = {'yaml', 're', 'typing', 'collections', 'functools', 'enum', 'json', '_hashlib', 'argparse'}; "
        "assert not heavy & (set(sys.modules) - before), heavy & set(sys.modules)"
    )
    environment = {**os.environ, "FAIRLEAD_BUILD_CACHE": "off"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); {code}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert "name: p-w" in done.stdout
    assert "image: nginx:2" in done.stdout
