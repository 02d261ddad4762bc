"""Who uses what: so that a change of an object wakes exactly those that name it."""

from collections.abc import Iterable

from fairlead.base.objects import GVK, Json, Key

Use = tuple[GVK, Key]


class Uses:
    """What each object of one kind names, and the other way round."""

    def __init__(self) -> None:
        self._by_user: dict[Key, frozenset[Use]] = {}
        self._by_use: dict[Use, set[Key]] = {}

    def note(self, user: Key, uses: Iterable[Use]) -> None:
        """From now on *user* is concerned by changes of *uses*, and of nothing else."""
        wanted = frozenset(uses)
        if self._by_user.get(user) == wanted:
            return
        self.forget(user)
        self._by_user[user] = wanted
        for use in wanted:
            self._by_use.setdefault(use, set()).add(user)

    def forget(self, user: Key) -> None:
        """*user* is gone."""
        for use in self._by_user.pop(user, ()):
            users = self._by_use[use]
            users.discard(user)
            if not users:
                del self._by_use[use]

    def concerned(self, obj: Json) -> list[Key]:
        """Whom a change of *obj* concerns."""
        return sorted(self._by_use.get((GVK.of(obj), Key.of(obj)), ()))
