"""What kind of file some bytes look like, as Go guesses it.

Source: Go 1.26 net/http/sniff.go (DetectContentType). Helm names the kind in
what it says about a chart that is no archive.
"""

from __future__ import annotations

_SPACE = b"\t\n\x0c\r "
_TAGS = (
    b"<!DOCTYPE HTML",
    b"<HTML",
    b"<HEAD",
    b"<SCRIPT",
    b"<IFRAME",
    b"<H1",
    b"<DIV",
    b"<FONT",
    b"<TABLE",
    b"<A",
    b"<STYLE",
    b"<TITLE",
    b"<B",
    b"<BODY",
    b"<BR",
    b"<P",
    b"<!--",
)
_BEFORE_MP4 = (  # in order; a dot in the second part stands for any byte
    (b"%PDF-", "application/pdf"),
    (b"%!PS-Adobe-", "application/postscript"),
    (b"\xfe\xff", "text/plain; charset=utf-16be"),
    (b"\xff\xfe", "text/plain; charset=utf-16le"),
    (b"\xef\xbb\xbf", "text/plain; charset=utf-8"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"\0\0\2\0", "image/x-icon"),
    (b"BM", "image/bmp"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF....WEBPVP", "image/webp"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"FORM....AIFF", "audio/aiff"),
    (b"ID3", "audio/mpeg"),
    (b"OggS\0", "application/ogg"),
    (b"MThd\0\0\0\6", "audio/midi"),
    (b"RIFF....AVI ", "video/avi"),
    (b"RIFF....WAVE", "audio/wave"),
)
_AFTER_MP4 = (
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"." * 34 + b"LP", "application/vnd.ms-fontobject"),
    (b"\0\1\0\0", "font/ttf"),
    (b"OTTO", "font/otf"),
    (b"ttcf", "font/collection"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"\x1f\x8b\x08", "application/x-gzip"),
    (b"PK\3\4", "application/zip"),
    (b"Rar!\x1a\7\0", "application/x-rar-compressed"),
    (b"Rar!\x1a\7\1\0", "application/x-rar-compressed"),
    (b"\0asm", "application/wasm"),
)
_NO_TEXT = frozenset((*range(9), 11, *range(14, 27), *range(28, 32)))


def content_type(data: bytes) -> str:
    """Return the media type of *data*, of which 512 bytes count."""
    data = data[:512]
    text = data.lstrip(_SPACE)
    for tag in _TAGS:
        if text[: len(tag)].upper() == tag and text[len(tag) : len(tag) + 1] in (b" ", b">"):
            return "text/html; charset=utf-8"
    if text.startswith(b"<?xml"):
        return "text/xml; charset=utf-8"
    found = _by_signature(data, _BEFORE_MP4) or _mp4(data) or _by_signature(data, _AFTER_MP4)
    if found:
        return found
    return "application/octet-stream" if _NO_TEXT.intersection(text) else "text/plain; charset=utf-8"


def _by_signature(data: bytes, signatures: tuple[tuple[bytes, str], ...]) -> str:
    for signature, kind in signatures:
        head = data[: len(signature)]
        if len(head) == len(signature) and all(want in (46, got) for want, got in zip(signature, head, strict=True)):
            return kind
    return ""


def _mp4(data: bytes) -> str:
    size = int.from_bytes(data[:4], "big")
    if len(data) < 12 or len(data) < size or size % 4 or data[4:8] != b"ftyp":
        return ""
    brands = (data[at : at + 3] for at in range(8, size, 4) if at != 12)
    return "video/mp4" if b"mp4" in brands else ""
