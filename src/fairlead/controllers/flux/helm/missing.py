"""Artifacts that are named but not held: after a restart sources bring them again within moments.

Until then whoever needs one waits silently, so that a restart does not flip the conditions of a whole fleet.
"""

from collections.abc import AsyncIterator

from fairlead.base.objects import Key
from fairlead.controllers.flux.artifacts import ArtifactStore
from fairlead.runtime.clock import Clock

PATIENCE_SECONDS = 10.0


class MissingArtifacts:
    """Who waits for which artifact, and since when."""

    def __init__(self, artifacts: ArtifactStore, clock: Clock) -> None:
        self._artifacts = artifacts
        self._clock = clock
        self._waiting: dict[str, tuple[float, set[Key]]] = {}

    def wait(self, digest: str, key: Key) -> float:
        """*key* waits for the artifact; returns how many seconds it should still do so silently."""
        since, keys = self._waiting.setdefault(digest, (self._clock.monotonic(), set()))
        keys.add(key)
        return max(0.0, since + PATIENCE_SECONDS - self._clock.monotonic())

    async def arrivals(self) -> AsyncIterator[Key]:
        """Those whose artifact is there again, without end."""
        async for digest in self._artifacts.arrivals():
            _, keys = self._waiting.pop(digest, (0.0, set()))
            for key in sorted(keys):
                yield key
