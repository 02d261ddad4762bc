"""Regular expressions that are compiled when they are first used.

A short command uses few of the patterns of the modules that it loads, and often none. Compiling one takes up to a
millisecond, and loading `re` itself takes as long as rendering a small chart.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import re
    from typing import Any


class LatePattern:
    """A pattern, compiled when one of its methods is first asked for."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def __getattr__(self, name: str) -> Any:
        import re

        found = getattr(re.compile(self._pattern), name)
        setattr(self, name, found)
        return found


def late(pattern: str) -> re.Pattern[str]:
    """Return *pattern*, to be compiled when first used; flags are given in it, as in "(?s)"."""
    return LatePattern(pattern)  # type: ignore[return-value]
