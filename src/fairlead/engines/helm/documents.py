"""Split a YAML stream into documents the two ways Helm does.

Source: k8s.io/apimachinery v0.37 pkg/util/yaml (YAMLReader) for values; Helm
v4.3 pkg/release/v1/util/manifest.go (SplitManifests) for rendered text.
"""

from __future__ import annotations

from fairlead.engines.helm.errors import ChartError
from fairlead.engines.helm.functions.strings import SPACE

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterator


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (number of lines before it, text) of each document of a values file, which ends with a line break.

    Raises:
        ChartError: something but a comment follows a separator.
    """
    if data and not data.endswith(b"\n"):
        data += b"\n"
    if b"\n---" not in data and not data.startswith(b"---"):
        if data:
            yield 0, data
        return
    start = 0
    buffer: list[bytes] = []
    for number, line in enumerate(data.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")):
        if line.startswith(b"---"):
            rest = line[3:].strip()
            if rest and not rest.startswith(b"#"):
                shown = rest.decode("utf-8", "replace")
                raise ChartError(
                    f"error reading yaml document: invalid Yaml document separator: {shown}", line=number + 1
                )
            if buffer:
                yield start, b"\n".join([*buffer, b""])
                buffer = []
                start = number + 1
                continue
        buffer.append(line)
    if buffer:
        yield start, b"\n".join([*buffer, b""])


def _pieces(text: str) -> Iterator[str]:
    """Yield what stands between the lines' leading "---", with the rest of such a line."""
    *others, last = f"\n{text}".split("\n---")
    for piece in others:
        yield piece.lstrip(" \t") + "\n"
    yield last.lstrip(" \t")


def split_manifests(text: str) -> list[str]:
    """Return the documents of rendered text that are not blank."""
    text = text.lstrip(SPACE)
    if "\n---" not in text and not text.startswith("---"):
        return [text] if text else []
    return [part for part in (piece.lstrip(SPACE) for piece in _pieces(text)) if part]
