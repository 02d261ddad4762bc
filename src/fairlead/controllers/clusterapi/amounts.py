"""Amounts that are a number or a percentage. Source: apimachinery v0.37, pkg/util/intstr (scaled values)."""

import math


def amount(value: int | str | None, total: int, default: int, *, round_up: bool) -> int:
    """An absolute number, or a percentage of *total*."""
    if value is None:
        return default
    if isinstance(value, str) and value.endswith("%"):
        share = int(value[:-1]) * total
        return -(-share // 100) if round_up else math.floor(share / 100)
    return int(value)
