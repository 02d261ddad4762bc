"""What fuzzing found once stays mended: each input in tests/data/fuzz holds the law of its target."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.testing.fuzz.__main__ import still_broken
from fairlead.testing.fuzz.target import BrokenLawError, Target, finding, hold, minimised
from fairlead.testing.fuzz.targets import TARGETS

FOUND = Path(__file__).parents[2] / "data" / "fuzz"


@pytest.mark.parametrize("name", TARGETS)
def test_target_holds(name: str) -> None:
    """The seeds of a target, and the inputs that once broke it, hold its law."""
    inputs = [path.read_bytes() for path in sorted((FOUND / name).glob("*.bin"))]
    assert inputs
    broken = {data: found[1] for data in inputs if (found := finding(TARGETS[name].law, data)) is not None}
    assert not broken


def test_every_case_has_a_target() -> None:
    """No recorded input is left aside because its target was renamed."""
    assert {path.name for path in FOUND.iterdir()} <= TARGETS.keys()


def _law(data: bytes) -> None:
    hold(b"x" not in data or b"y" not in data, "x and y never meet", data)
    while b"z" in data:
        pass


def test_a_broken_law_is_found_named_and_made_small() -> None:
    """An input that breaks a law is a finding; what does not matter is taken off it."""
    with pytest.raises(BrokenLawError):
        _law(b"xy")
    found = finding(_law, b"....x....y....")
    assert found is not None
    assert found[0] == "law x and y never meet"
    assert minimised(_law, b"....x....y....", found[0]) == b"xy"
    assert finding(_law, b"x") is None


def test_a_hang_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that takes too long is ended, whatever the code catches."""
    monkeypatch.setattr("fairlead.testing.fuzz.target.bounded.__wrapped__.__defaults__", (0.05,))
    found = finding(Target(_law).law, b"z")
    assert found is not None
    assert found[0].startswith("HangError")


def test_a_finding_that_holds_again_is_dropped(tmp_path: Path) -> None:
    """What an earlier run found is tried again: what was mended is forgotten, the rest is still known."""
    for name, data in (("old", b"x"), ("new", b"xy")):
        (tmp_path / f"{name}.bin").write_bytes(data)
        (tmp_path / f"{name}.txt").write_text("law x and y never meet\n")
    assert still_broken(tmp_path, lambda data: finding(_law, data)) == {"law x and y never meet"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.bin", "new.txt"]


def test_minimising_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that hangs is not made smaller for longer than the fuzzer waits."""
    monkeypatch.setattr("fairlead.testing.fuzz.target.MINIMISE_SECONDS", 0.0)
    assert minimised(_law, b"....x....y....", "law x and y never meet") == b"....x....y...."
