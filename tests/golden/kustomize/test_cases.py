"""Kustomizations whose output and errors the real kustomize gave: see tests/peer/test_kustomize.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.engines.kustomize import KustomizeError, MemoryLoader, build
from fairlead.testing.kustomize_cases import Case, read_case

HERE = Path(__file__).parent
FEATURES = sorted((HERE / "features").glob("*.txt"))
BROKEN = sorted((HERE / "broken").glob("*.txt"))


def _built(case: Case) -> str:
    loader = MemoryLoader({name: text.encode() for name, text in case.files.items()})
    return build(case.folder, loader, reorder="legacy").to_text()


@pytest.mark.parametrize("path", FEATURES, ids=lambda path: path.stem)
def test_a_kustomization_builds_to_the_byte(path: Path) -> None:
    """The output is the real tool's; what the case shows is in its first line."""
    case = read_case(path)
    assert _built(case) == case.sections["expected"], case.fact


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_kustomization_fails_with_its_file_and_cause(path: Path) -> None:
    """The message has what the real tool's message names."""
    case = read_case(path)
    assert "error" in case.sections, "the real tool built this"
    with pytest.raises(KustomizeError) as caught:
        _built(case)
    missing = [name for name in case.names if name not in str(caught.value)]
    assert not missing, f"{case.fact} {caught.value}"


def test_many_broken_kustomizations_are_held() -> None:
    """Each fails in the real tool, too."""
    assert len(BROKEN) >= 150
