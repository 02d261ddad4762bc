"""Random names, uids and tokens: one source, so that a seed repeats a run."""

import os
import random
import uuid

# Source: apimachinery v0.37, pkg/util/rand: no vowels, no digits that look like them.
SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


class Ids:
    """Makes uids, name suffixes and random bytes; repeatable when seeded."""

    def __init__(self, seed: int | None = None) -> None:
        self._seeded = seed is not None
        self._random: random.Random = random.Random(seed) if self._seeded else random.SystemRandom()

    def uid(self) -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(bytes=self.bytes(16), version=4))

    def suffix(self, length: int = 5) -> str:
        """The random end of a generated name."""
        return "".join(self._random.choices(SUFFIX_ALPHABET, k=length))

    def bytes(self, count: int) -> bytes:
        """*count* random bytes; cryptographically strong unless seeded."""
        return self._random.randbytes(count) if self._seeded else os.urandom(count)

    def fraction(self) -> float:
        """A number in [0, 1), for jitter."""
        return self._random.random()
