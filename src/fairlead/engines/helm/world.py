"""What a template may see of the world, handed in by the caller.

Engines read no clock and roll no dice: whoever renders decides what ``now``,
random text, generated keys and ``lookup`` give. World is that decision; the
plain World is a fixed one, so that a render without more repeats.
"""

from __future__ import annotations

from fairlead.engines.helm.values import copy_map
from fairlead.engines.record import Record, made

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, tzinfo
    from typing import Any

    Lookup = Callable[[str, str, str, str], dict[str, Any]]


def nothing_found(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """Return what lookup gives without a cluster."""
    return {}


def epoch() -> datetime:
    """Return the time it is in a World that says nothing else."""
    from datetime import UTC, datetime

    return datetime(1970, 1, 1, tzinfo=UTC)


class Seeded:
    """Random bytes that follow from a seed alone."""

    def __init__(self, seed: bytes = b"") -> None:
        self._seed = seed
        self._count = 0
        self._left = b""

    def __call__(self, count: int) -> bytes:
        import hashlib

        while len(self._left) < count:
            block = hashlib.sha512(self._seed + self._count.to_bytes(8, "big")).digest()
            self._left += block
            self._count += 1
        found, self._left = self._left[:count], self._left[count:]
        return found


class Tape:
    """Notes what a render takes from its World, so that it can be run again with the same answers.

    A render that is broken off and begun again, recording, gets what the first try got as long as it asks the same,
    and then goes on.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._notes: list[tuple[object, Any]] = []  # what was asked, and the answer

    def recording(self) -> World:
        """Return a World that notes what it gives."""
        world, before = self._world, self._notes[::-1]
        notes = self._notes = []

        def noting(ask: Callable[..., Any]) -> Callable[..., Any]:
            def answer(*words: Any) -> Any:
                question = (ask, words)
                if before and before[-1][0] == question:
                    value = before.pop()[1]
                else:
                    before.clear()
                    value = ask(*words)
                notes.append((question, value))
                return copy_map(value) if type(value) is dict else value  # templates may change what lookup gives

            return answer

        generate = world.generate_key
        return World(
            now=noting(world.now),
            random_bytes=noting(world.random_bytes),
            lookup=noting(world.lookup),
            zone=world.zone,
            generate_key=None if generate is None else noting(generate),
        )

    def answers(self) -> int:
        """Return how many answers were noted so far."""
        return len(self._notes)

    def replaying(self) -> World:
        """Return a World that gives the same again, in the same order."""
        notes = iter(self._notes)

        def again(*_: object) -> Any:
            return next(notes)[1]

        return World(again, again, again, self._world.zone, None if self._world.generate_key is None else again)


class World(Record):
    """The impure things templates may use.

    ``random_bytes`` feeds randAlphaNum, uuidv4, genCA and their like (keys
    come from a generator of ours that draws on it, unless ``generate_rsa``
    gives PEM keys made elsewhere); ``zone`` is what Go calls Local.
    """

    now: Callable[[], datetime] = epoch
    random_bytes: Callable[[int], bytes] = made(factory=Seeded)
    lookup: Lookup = nothing_found
    zone: tzinfo | None = None  # None: UTC
    generate_key: Callable[[str, int], bytes] | None = None  # (kind, bits) to an unencrypted PKCS#8 DER key
