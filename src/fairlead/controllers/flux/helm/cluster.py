"""The cluster that a HelmRelease is for, and what is known of it."""

import re

from fairlead.base.objects import get_in
from fairlead.controllers.flux.health import custom_checks
from fairlead.controllers.flux.helm.actions import Actions
from fairlead.controllers.flux.helm.passes import Pass
from fairlead.controllers.flux.helm.scopes import Scopes
from fairlead.controllers.flux.helm.storage import Storage
from fairlead.controllers.flux.helm.template import MANAGER
from fairlead.controllers.flux.targets import Targets
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.remote import UnreachableError


class NoClientError(Exception):
    """There is no way to the cluster (yet); `reason` is the condition's."""

    def __init__(self, reason: str, message: str, *, is_gone: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.is_gone = is_gone  # not even a kubeconfig is left


_MISSING = re.compile(r"unable to read KubeConfig secret '(.*?)' error: (.*)", re.DOTALL)
_EMPTY = re.compile(r"KubeConfig secret '(.*?)' does not contain a .*")


def no_client(text: str, key: str | None) -> NoClientError:
    """What helm-controller says where a connection cannot be made because of *text*. Pure."""
    missing, empty = _MISSING.fullmatch(text), _EMPTY.fullmatch(text)
    if missing is not None:
        shown = f"could not get KubeConfig secret '{missing[1]}': {missing[2]}"
        return NoClientError("RESTClientError", shown, is_gone=True)
    if empty is not None:
        wanted = f"'{key}'" if key else "'value' or 'value.yaml'"
        shown = f"KubeConfig secret '{empty[1]}' does not contain a {wanted} key with data"
        return NoClientError("RESTClientError", shown)
    start = "Could not determine release state: failed to retrieve last release from storage"
    return NoClientError("StateError", f"{start}: {text}")


class Clusters:
    """Connections to clusters, and what kinds each of them serves."""

    def __init__(self, targets: Targets, clock: Clock) -> None:
        self.targets = targets
        self._clock = clock
        self._scopes: dict[str, tuple[Client, Scopes]] = {}

    async def client_for(self, current: Pass) -> Client:
        """The client for the release's cluster. Raises: NoClientError."""
        try:
            return await self.targets.client_for(current.spec.obj)
        except UnreachableError as error:
            raise no_client(str(error), get_in(current.spec.obj, "spec", "kubeConfig", "secretRef", "key")) from error

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
