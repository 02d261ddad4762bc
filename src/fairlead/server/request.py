"""Who asks, and how a write is to be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.server.decoding import Repeats


@dataclass(slots=True)
class Request:
    """One request's identity and options; `warnings` collects what the answer's Warning headers say."""

    user: str = "system:admin"
    groups: tuple[str, ...] = ("system:masters",)
    manager: str = "fairlead"
    dry_run: bool = False
    field_validation: str = "Ignore"  # Ignore, Warn or Strict
    force: bool = False  # server-side apply: take fields from other managers
    force_managed: bool = False  # the managed fields were made by an apply and stand as they are
    warnings: list[str] = field(default_factory=list)
    trusted: bool = False  # a definition is of the server's own making, and need not be looked at
    repeats: Repeats | None = None  # what the body has twice; told with the unknown fields

    def warn(self, text: str) -> None:
        """Add one warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """What a delete call may ask for; `propagation` is Background, Foreground, Orphan or empty (the kind's default)."""

    propagation: str = ""
    grace_seconds: int | None = None
    uid: str = ""
    resource_version: str = ""
    dry_run: bool = False
