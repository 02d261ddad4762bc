"""Compiled templates as bytes, for a cache that outlives the process.

Pure: who reads and writes the bytes is the caller's business, and so is
trusting them: they hold code. A digest guards against damage; a folder that
only its owner can write guards against strangers.
"""

from __future__ import annotations

import marshal
from _blake2 import blake2b  # loading hashlib loads OpenSSL, which takes longer than a render

from fairlead.engines.gotemplate.strconv import to_bytes
from fairlead.engines.gotemplate.template import Source
from fairlead.engines.helm.chart import Chart
from fairlead.engines.helm.engine import SourceCache
from fairlead.engines.helm.functions.table import FUNCTIONS

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from types import CodeType

    Entry = tuple[bytes, dict[str, tuple[bool, CodeType | None]]]

_MAGIC = b"fairlead templates 2\n"
_DIGEST_BYTES = 32


def digest(data: bytes) -> bytes:
    """Return the digest that guards *data*."""
    return blake2b(data, digest_size=_DIGEST_BYTES).digest()


def chart_digest(chart: Chart, salt: bytes) -> str:
    """Return a digest of all templates of *chart* and its dependencies."""
    state = blake2b(salt, digest_size=_DIGEST_BYTES)
    _feed(state, chart)
    return state.hexdigest()


def _feed(state: blake2b, chart: Chart) -> None:
    state.update(chart.name.encode() + b"\0")
    for file in chart.templates:
        state.update(file.name.encode("utf-8", "surrogateescape") + b"\0" + len(file.data).to_bytes(8, "big"))
        state.update(file.data)
    for sub in chart.dependencies:
        _feed(state, sub)


class CompiledCache(SourceCache):
    """A source cache that can start from, and be turned into, bytes."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__()
        self._ready: dict[str, Entry] = read(data)

    def parse(self, name: str, text: str) -> Source:
        entry = self._ready.get(name)
        if entry is not None and entry[0] == digest(to_bytes(text)):
            return Source(name, text, FUNCTIONS, entry[1])
        return super().parse(name, text)

    def changed(self) -> bool:
        """Report whether anything was parsed or compiled that the bytes did not have."""
        for name, source in self.sources():
            entry = self._ready.get(name)
            if entry is None:
                return True
            for key, template in source.templates.items():
                if template.code is not None and entry[1].get(key, (False, None))[1] is None:
                    return True
        return False

    def dump(self) -> bytes:
        """Return what there is as bytes, earlier entries included."""
        entries = dict(self._ready)
        for name, source in self.sources():
            entries[name] = (
                digest(to_bytes(source.text)),
                {key: (template.is_empty, template.code) for key, template in source.templates.items()},
            )
        body = marshal.dumps(entries)
        return _MAGIC + digest(body) + body


def read(data: bytes) -> dict[str, Entry]:
    """Return the entries in *data*; nothing when it is damaged or of another make."""
    start = len(_MAGIC) + _DIGEST_BYTES
    body = data[start:]
    if not data.startswith(_MAGIC) or digest(body) != data[len(_MAGIC) : start]:
        return {}
    try:
        found = marshal.loads(body)
    except (ValueError, EOFError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}
