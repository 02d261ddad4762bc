"""What a run gets from outside: time, chance, keys, and where state is kept. Real or virtual, the parts cannot tell."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from fairlead.app.storages import NoStorages, Storages
from fairlead.runtime.clock import Clock, WallClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import KeySource, ThreadedKeys


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Handed to every part."""

    clock: Clock = field(default_factory=WallClock)
    ids: Ids = field(default_factory=Ids)
    keys: KeySource = field(default_factory=ThreadedKeys)
    dice: random.Random = field(default_factory=random.SystemRandom)
    storages: Storages = field(default_factory=NoStorages)
