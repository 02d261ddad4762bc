"""Load PyYAML without the regular expressions of its pure-Python half.

Compiling them takes longer than all else in its import, and only its own
reader and resolver, which we replace by libyaml's and ours, ever use them.
They are compiled when first used. Import this module before ``yaml``.
"""

from __future__ import annotations

import re
import sys

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any


class LatePattern:
    """A pattern that is compiled when one of its methods is first asked for."""

    def __init__(self, pattern: Any, flags: Any = 0) -> None:
        self._arguments = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(*self._arguments), name)
        setattr(self, name, found)
        return found


def _load() -> None:
    if "yaml" in sys.modules:
        return
    compiled = re.compile
    re.compile = LatePattern  # type: ignore[assignment]
    try:
        import yaml  # noqa: F401
    finally:
        re.compile = compiled


_load()
