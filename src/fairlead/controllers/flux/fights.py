"""Restraint against other managers: what is put back again and again is put back less and less often."""

from dataclasses import dataclass

from fairlead.base.objects import Key
from fairlead.controllers.flux.inventory import Item

FREE_ROUNDS = 3  # a person who edits twice is no other manager
FIRST_DELAY_SECONDS = 1.0
LAST_DELAY_SECONDS = 300.0
CALM_SECONDS = 600.0


@dataclass(slots=True)
class _Fight:
    last: float
    rounds: int = 1
    is_told: bool = False


class Fights:
    """How often each object was put back lately."""

    def __init__(self) -> None:
        self._fights: dict[tuple[Key, Item], _Fight] = {}

    def delay(self, owner: Key, item: Item, now: float) -> float:
        """Seconds until *item* may be put back; 0 the first times, then twice as long each time."""
        fight = self._fights.get((owner, item))
        if fight is None or fight.rounds < FREE_ROUNDS:
            return 0.0
        pause = min(FIRST_DELAY_SECONDS * (1 << min(fight.rounds - FREE_ROUNDS, 20)), LAST_DELAY_SECONDS)
        return max(0.0, fight.last + pause - now)

    def corrected(self, owner: Key, item: Item, now: float) -> None:
        """*item* was put back; after a calm time the count starts anew."""
        for known, fight in list(self._fights.items()):
            if now - fight.last > CALM_SECONDS:
                del self._fights[known]
        fight = self._fights.setdefault((owner, item), _Fight(now, 0))
        fight.last, fight.rounds = now, fight.rounds + 1

    def is_news(self, owner: Key, item: Item) -> bool:
        """Whether *item* was put back before, lately, and nobody was told of it; once."""
        fight = self._fights.get((owner, item))
        if fight is None or fight.is_told:
            return False
        fight.is_told = True
        return True

    def forget(self, owner: Key) -> None:
        """*owner* is gone."""
        for known in [known for known in self._fights if known[0] == owner]:
            del self._fights[known]
