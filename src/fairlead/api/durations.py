"""Durations as Go writes them (`1h30m0s`) and as newer API versions do (whole seconds)."""

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(text: str) -> int:
    """A Go duration in whole seconds; what cannot be read counts nothing."""
    total, number, index = 0.0, "", 0
    while index < len(text):
        character = text[index]
        index += 1
        if character.isdigit() or character == ".":
            number += character
            continue
        unit = "ms" if text[index - 1 : index + 1] == "ms" else character
        index += len(unit) - 1
        total += float(number or 0) * _UNITS.get(unit, 0.0)
        number = ""
    return round(total)


def duration(total: int) -> str:
    """Whole seconds as Go prints a duration."""
    hours, rest = divmod(int(total), 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours}h{minutes}m{rest}s"
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
