"""What a render made that the next one can use, as bytes for a cache that outlives the process.

Compiled templates, compiled patterns, and the chart's YAML and schemas as read. Pure: who reads and writes the bytes is
the caller's business, and so is trusting them: they hold code. Digests guard against damage; a folder that only its
owner can write guards against strangers. The bytes are an index and blobs, which are unpacked when they are needed.
"""

from __future__ import annotations

import marshal
from types import CodeType

from fairlead.base import patterns
from fairlead.engines.gotemplate.strconv import to_bytes
from fairlead.engines.gotemplate.template import EARLY, MET, Source
from fairlead.engines.helm import memo
from fairlead.engines.helm.engine import TPL, SourceCache
from fairlead.engines.helm.functions.table import FUNCTIONS
from fairlead.engines.helm.memo import DIGEST_BYTES, digest

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

    Entry = dict[str, tuple[bool, bytes]]  # templates by name: is it empty, and its code, packed ("" if not compiled)

_MAGIC = b"fairlead templates 4\n"
_LENGTH_BYTES = 4
MAX_TPL_TEXTS = 200
MAX_DOCUMENTS = 400
SHARES = 2  # after the first run, which interprets, so many runs compile a share of the templates each


def unpack(packed: bytes) -> CodeType | None:
    """Return the code in a blob; None when it is damaged."""
    body = _sound(packed)
    code = None if body is None else marshal.loads(body)
    return code if isinstance(code, CodeType) else None


def _sound(packed: bytes) -> bytes | None:
    body = packed[DIGEST_BYTES:]
    return body if digest(body) == packed[:DIGEST_BYTES] else None


def pack(code: CodeType) -> bytes:
    """Return *code* as a blob."""
    body = marshal.dumps(code)
    return digest(body) + body


class CompiledCache(SourceCache):
    """A source cache that can start from, and be turned into, bytes."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__()
        index, self._blobs = read(data)
        self._ready: dict[str, tuple[bytes, dict[str, tuple[bool, int, int]]]] = index.get("templates", {})
        self._tpl: dict[str, dict[str, tuple[bool, int, int]]] = index.get("tpl", {})
        patterns.TAKEN.update(index.get("patterns", {}))
        self._patterns = len(patterns.TAKEN)
        self._foreign = set(memo.PACKED)
        for key, place in index.get("documents", {}).items():
            packed = _sound(self._blobs[slice(*place)])
            if packed is not None:
                memo.PACKED[key] = packed
        self._documents = len(memo.PACKED)
        self._runs: int = index.get("runs", 0)
        self._grown = False

    def parse(self, name: str, text: str) -> Source:
        if name == TPL:
            found = self._tpl.get(text)
        else:
            digested, found = self._ready.get(name, (b"", None))
            if found is not None and digested != digest(to_bytes(text)):
                found = None
        if found is None:
            self._grown = self._grown or name != TPL or len(self._tpl) < MAX_TPL_TEXTS
            return super().parse(name, text)
        blobs = self._blobs
        ready = {key: (is_empty, blobs[start:end]) for key, (is_empty, start, end) in found.items()}
        source = Source(name, text, FUNCTIONS, ready, unpack, self.known)
        if self._runs < SHARES:
            for template in source.templates.values():
                if not template.packed and (len(template.name) + len(text)) % SHARES >= self._runs:
                    template.stage = EARLY
        return source

    def changed(self) -> bool:
        """Report whether there is something that the bytes did not have, or that is to be compiled by the next runs."""
        if self._grown or len(patterns.TAKEN) != self._patterns or len(memo.PACKED) != self._documents:
            return True
        return any(
            not template.packed and (template.code is not None or (template.stage == MET and self._runs < SHARES))
            for name, source in self.sources()
            if name != TPL or source.text in self._tpl
            for template in source.templates.values()
        )

    def dump(self) -> bytes:
        """Return what there is as bytes, earlier entries included."""
        blobs: list[bytes] = []
        place = 0

        def put(blob: bytes) -> tuple[int, int]:
            nonlocal place
            start, place = place, place + len(blob)
            blobs.append(blob)
            return start, place

        def entry(source: Source) -> dict[str, tuple[bool, int, int]]:
            return {
                key: (template.is_empty, *put(template.packed or (pack(template.code) if template.code else b"")))
                for key, template in source.templates.items()
            }

        def moved(found: dict[str, tuple[bool, int, int]]) -> dict[str, tuple[bool, int, int]]:
            return {key: (is_empty, *put(self._blobs[start:end])) for key, (is_empty, start, end) in found.items()}

        sources = list(self.sources())
        given = {source.text for name, source in sources if name == TPL} | {name for name, _ in sources}
        templates: dict[str, Any] = {
            name: (mark, moved(found)) for name, (mark, found) in self._ready.items() if name not in given
        }
        tpl: dict[str, Any] = {text: moved(found) for text, found in self._tpl.items() if text not in given}
        for name, source in sources:
            if name != TPL:
                templates[name] = digest(to_bytes(source.text)), entry(source)
            elif len(tpl) < MAX_TPL_TEXTS:
                tpl[source.text] = entry(source)
        read_here = [(key, packed) for key, packed in memo.PACKED.items() if key not in self._foreign]
        documents = {key: put(digest(packed) + packed) for key, packed in read_here[-MAX_DOCUMENTS:]}
        return _joined(
            {
                "runs": self._runs + 1,
                "templates": templates,
                "tpl": tpl,
                "patterns": patterns.TAKEN,
                "documents": documents,
            },
            b"".join(blobs),
        )


def _joined(index: dict[str, Any], blobs: bytes) -> bytes:
    body = marshal.dumps(index)
    return _MAGIC + digest(body) + len(body).to_bytes(_LENGTH_BYTES, "big") + body + blobs


def read(data: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the index in *data*, and the blobs; no index when it is damaged or of another make."""
    start = len(_MAGIC) + DIGEST_BYTES + _LENGTH_BYTES
    if not data.startswith(_MAGIC) or len(data) < start:
        return {}, b""
    end = start + int.from_bytes(data[start - _LENGTH_BYTES : start], "big")
    body = data[start:end]
    if digest(body) != data[len(_MAGIC) : len(_MAGIC) + DIGEST_BYTES]:
        return {}, b""
    return marshal.loads(body), data[end:]
