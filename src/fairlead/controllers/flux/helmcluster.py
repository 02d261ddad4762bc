"""The cluster that a HelmRelease is for, and what is known of it."""

from fairlead.controllers.flux.health import custom_checks
from fairlead.controllers.flux.helmactions import Actions
from fairlead.controllers.flux.helmpass import Pass
from fairlead.controllers.flux.helmscopes import Scopes
from fairlead.controllers.flux.helmstorage import Storage
from fairlead.controllers.flux.helmtemplate import MANAGER
from fairlead.controllers.flux.targets import Targets
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock


class Clusters:
    """Connections to clusters, and what kinds each of them serves."""

    def __init__(self, targets: Targets, clock: Clock) -> None:
        self.targets = targets
        self._clock = clock
        self._scopes: dict[str, tuple[Client, Scopes]] = {}

    async def client_for(self, current: Pass) -> Client:
        """The client for the release's cluster. Raises: UnreachableError."""
        return await self.targets.client_for(current.spec.obj)

    def scopes(self, current: Pass, target: Client) -> Scopes:
        """What kinds *target* serves; remembered as long as the connection lasts."""
        name = self.targets.name_of(current.spec.obj)
        known = self._scopes.get(name)
        if known is None or known[0] is not target:
            known = self._scopes[name] = (target, Scopes(target))
        return known[1]

    def actions(self, current: Pass, target: Client, storage_namespace: str) -> Actions:
        """Helm's actions on the release, with its revisions in *storage_namespace*."""
        spec = current.spec
        return Actions(
            spec=spec,
            client=target,
            clock=self._clock,
            storage=Storage(target, self._clock, storage_namespace, MANAGER),
            scopes=self.scopes(current, target),
            on_wait=current.park,
            name=spec.release_name,
            namespace=spec.release_namespace,
            checks=custom_checks(spec.obj["spec"]),
        )
