"""Archives written as Go writes them can be read by everybody."""

from __future__ import annotations

import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from fairlead.engines.helm import tarwriter

NAMES = st.text("abc/é-._", min_size=1, max_size=260).filter(lambda name: not name.endswith("/"))


@given(st.lists(st.tuples(NAMES, st.binary(max_size=600), st.integers(-5, 1 << 40)), max_size=4))
def test_what_is_written_is_read(entries: list[tuple[str, bytes, int]]) -> None:
    """Names of any length, contents and times come back."""
    with tarfile.open(fileobj=io.BytesIO(tarwriter.write(entries))) as archive:
        found = [(item.name, archive.extractfile(item).read(), int(item.mtime)) for item in archive]  # type: ignore[union-attr]
    assert found == entries


def test_a_header_is_gos() -> None:
    """Devices are written as zeros, the end is two blocks, a long path is split."""
    data = tarwriter.write([("d" * 90 + "/" + "f" * 90, b"x", 1700000000)])
    assert len(data) == 512 * 4
    assert data[:100].rstrip(b"\0") == b"f" * 90
    assert data[345:500].rstrip(b"\0") == b"d" * 90
    assert data[329:345] == b"0000000\x000000000\x00"
    assert data[-1024:] == bytes(1024)
