"""Durations on the command line, as Go's tools take them: `10s`, `1m30s`, `250ms`; a bare number is seconds."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def parse_duration(text: str) -> timedelta:
    """Read a duration. Raises: argparse.ArgumentTypeError."""
    clean = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", clean):
        return timedelta(seconds=float(clean))
    parts = list(_PART.finditer(clean))
    if not parts or "".join(part.group() for part in parts) != clean:
        raise argparse.ArgumentTypeError(f"'{text}' is not a duration; write 10s, 1m30s or 250ms")
    return timedelta(seconds=sum(float(part.group(1)) * _SECONDS[part.group(2)] for part in parts))
