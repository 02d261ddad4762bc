"""Recordings are read as they are written, and what cannot be read is named."""

from pathlib import Path

import pytest

from fairlead.testing.traces.reading import Id, read_trace, traces_in, without, write_trace

from .rows import NAMESPACE, event, obj, trace


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Rows survive a file, packed or not."""
    made = trace((0.5, "ADDED", obj("Machine", "a")), before=(obj("Cluster", "demo"),))
    for name in ("made.jsonl", "made.jsonl.gz"):
        write_trace(made, tmp_path / name)
        assert read_trace(tmp_path / name) == made


def test_a_line_that_is_no_row_is_named(tmp_path: Path) -> None:
    """File and line are in the message."""
    path = tmp_path / "bad.jsonl"
    path.write_text('{"t": 0, "type": "ADDED", "object": {"kind": "A", "metadata": {"name": "a"}}}\n{"t": 1}\n')
    with pytest.raises(ValueError, match=r"bad\.jsonl', line 2"):
        read_trace(path)


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    """Not an empty comparison that looks like success."""
    with pytest.raises(ValueError, match="cannot find traces"):
        traces_in(tmp_path)


def test_start_and_end() -> None:
    """The start is what was found; the end is what is left."""
    cluster, machine = obj("Cluster", "demo"), obj("Machine", "a")
    made = trace((0, "MODIFIED", going := {**cluster, "x": 1}), (1, "DELETED", machine), before=(cluster, machine))
    assert set(made.start) == {Id("Cluster", NAMESPACE, "demo"), Id("Machine", NAMESPACE, "a")}
    assert made.end == {Id("Cluster", NAMESPACE, "demo"): going}


def test_leaving_kinds_out_leaves_out_their_events() -> None:
    """An event goes with what it is about."""
    other = obj("Kustomization", "apps")
    made = trace((0, "ADDED", other), (1, "ADDED", event(other, "Done", "")), (2, "ADDED", obj("Machine", "a")))
    assert [row.object["kind"] for row in without(made, ("Kustomization",)).rows] == ["Machine"]
