"""Whom a change concerns, without waking everybody for every status that is written."""

from collections.abc import Callable, Hashable

from fairlead.base.objects import Json, Key, finalizers, is_deleting, meta


class Changes:
    """Remembers of each object what matters to the others, and tells whether that has changed."""

    def __init__(self, matters: Callable[[Json], Hashable]) -> None:
        self._matters = matters
        self._known: dict[Key, Hashable] = {}

    def is_new(self, obj: Json) -> bool:
        """Whether *obj* differs from when it was last shown here, in what matters; that it goes always matters."""
        key, now = Key.of(obj), (meta(obj).get("uid"), is_deleting(obj), self._matters(obj))
        if is_deleting(obj) and not finalizers(obj):  # not to be shown again
            self._known.pop(key, None)
            return True
        if self._known.get(key) == now:
            return False
        self._known[key] = now
        return True
