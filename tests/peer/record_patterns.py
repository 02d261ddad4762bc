"""Record what Python's compiler makes of the patterns that every first render of a chart needs.

    PYTHONPATH=src python tests/peer/record_patterns.py

Run it with each Python whose matching engine takes other code (`_sre.MAGIC`; 3.11 and 3.12 share one), after a change
of one of the patterns. A test holds the recording to the Python that runs it.
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]
import textwrap
from pathlib import Path
from typing import Any

from fairlead.base import patterns, patterns_kept
from fairlead.engines.gotemplate import lexer, quick, strconv
from fairlead.engines.helm.functions import regexes

NEEDED = (
    lexer._ACTION,
    quick._TOKEN,
    quick._DECLARED,
    quick._NAME,
    quick._UP_TO_END,
    strconv._ESCAPE,
    strconv._INT,
    regexes._SIMPLE,
)
HEAD = '''"""What Python's pattern compiler makes of the patterns that every first render of a chart needs.

Recorded by tests/peer/record_patterns.py, by the version of the matching engine's code. Another version, or a pattern
that was changed since, is compiled by Python as ever.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    Kept = tuple[int, str, int, dict[str, int], tuple[str | None, ...]]  # patterns.Taken, its code in words

KEPT: dict[int, dict[str | bytes, Kept]] = {
'''


def taken() -> dict[str | bytes, Any]:
    """Return what this Python makes of the patterns."""
    return {pattern: patterns._take_apart(pattern) for pattern in (late._pattern for late in NEEDED)}  # type: ignore[attr-defined]


def main() -> None:
    """Write the recording, other Pythons' parts kept."""
    found = {**patterns_kept.KEPT, _sre.MAGIC: taken()}
    parts = [HEAD]
    for magic, kept in sorted(found.items()):
        parts.append(f"    {magic}: {{\n")
        for pattern, (flags, code, *rest) in kept.items():
            words = code if isinstance(code, str) else " ".join(map(str, code))
            head = f"        {pattern!r}: ("
            note = "  # noqa: E501 - as it is given" if len(head) > 120 else ""
            parts.append(f"{head}{note}\n            {flags},\n")
            parts += [f'            "{line} "\n' for line in textwrap.wrap(words, 100)]
            parts.append(
                "".join(f"            {value!r},\n" for value in ("", *rest)).replace("''", "", 1) + "        ),\n"
            )
        parts.append("    },\n")
    Path(patterns_kept.__file__).write_text("".join(parts) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
