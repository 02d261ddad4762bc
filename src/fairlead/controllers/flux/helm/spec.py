"""What a HelmRelease asks for, with upstream's defaults filled in. Pure.

Source: helm-controller v1.6 api/v2/helmrelease_types.go (the Get… methods).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.base.objects import Json, Key, annotations, get_in
from fairlead.controllers.flux.helm.duration import parse_duration

DEFAULT_TIMEOUT = "5m"
DEFAULT_RETRY = "5m"
DEFAULT_HISTORY = 5
NAME_LIMIT = 53
FORCE_AT = "reconcile.fluxcd.io/forceAt"
RESET_AT = "reconcile.fluxcd.io/resetAt"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"
INSTALL, UPGRADE = "install", "upgrade"


def shorten(name: str) -> str:
    """*name*, cut to what Helm allows, made unique by a digest."""
    if len(name) <= NAME_LIMIT:
        return name
    return f"{name[: NAME_LIMIT - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Remediation:
    """What follows a failed action, and after how many failures nothing more does."""

    retries: int
    failures: int
    strategy: str  # rollback or uninstall
    remediates_last: bool
    ignores_tests: bool
    after_upgrade: bool = False

    @property
    def is_exhausted(self) -> bool:
        """Whether no attempt is left; a negative number of retries never ends."""
        return 0 <= self.retries < self.failures

    @property
    def uninstalls_after_upgrade(self) -> bool:
        return self.after_upgrade and self.strategy == "uninstall"


@dataclass(frozen=True, slots=True)
class HelmSpec:
    """One HelmRelease."""

    obj: Json

    @property
    def key(self) -> Key:
        return Key.of(self.obj)

    def _spec(self, *path: str, default: Any = None) -> Any:
        return get_in(self.obj, "spec", *path, default=default)

    @property
    def release_name(self) -> str:
        """The release's name in Helm's storage."""
        target = self._spec("targetNamespace")
        plain = f"{target}-{self.key.name}" if target else self.key.name
        return shorten(self._spec("releaseName") or plain)

    @property
    def release_namespace(self) -> str:
        return str(self._spec("targetNamespace") or self.key.namespace)

    @property
    def storage_namespace(self) -> str:
        return str(self._spec("storageNamespace") or self.key.namespace)

    @property
    def chart_key(self) -> Key:
        """The HelmChart that this release makes for itself."""
        namespace = self._spec("chart", "spec", "sourceRef", "namespace") or self.key.namespace
        return Key(namespace, f"{self.key.namespace}-{self.key.name}")

    @property
    def max_history(self) -> int:
        return int(self._spec("maxHistory", default=DEFAULT_HISTORY))

    @property
    def interval(self) -> float:
        """Seconds between two looks at a release that nothing changed."""
        return parse_duration(self._spec("interval", default="") or "10m")

    def action(self, name: str) -> Mapping[str, Any]:
        """`spec.install`, `spec.upgrade`, `spec.rollback`, `spec.uninstall` or `spec.test`."""
        found = self._spec(name)
        return found if isinstance(found, Mapping) else {}

    def timeout(self, action: str = "") -> float:
        """Seconds that an action may take."""
        own = self.action(action).get("timeout") if action else ""
        return parse_duration(own or self._spec("timeout", default="") or DEFAULT_TIMEOUT)

    def waits(self, action: str) -> bool:
        return not self.action(action).get("disableWait")

    def remediation(self, action: str) -> Remediation:
        """The remediation of `install` or `upgrade`."""
        found = self.action(action).get("remediation") or {}
        retries = int(found.get("retries") or 0)
        upgrade = action == UPGRADE
        last = found.get("remediateLastFailure")
        ignored = found.get("ignoreTestFailures")
        return Remediation(
            retries=retries,
            failures=int(get_in(self.obj, "status", f"{action}Failures", default=0)),
            strategy=(found.get("strategy") or "rollback") if upgrade else "uninstall",
            remediates_last=(upgrade and retries > 0) if last is None else bool(last),
            ignores_tests=bool(self.action("test").get("ignoreFailures")) if ignored is None else bool(ignored),
            after_upgrade=upgrade,
        )

    def retry_seconds(self, action: str) -> float | None:
        """How long to wait before a failed action is repeated, where its strategy is RetryOnFailure."""
        strategy = self.action(action).get("strategy") if action in (INSTALL, UPGRADE) else None
        if not isinstance(strategy, Mapping) or strategy.get("name") != "RetryOnFailure":
            return None
        return parse_duration(strategy.get("retryInterval") or DEFAULT_RETRY)

    @property
    def tests(self) -> bool:
        return bool(self.action("test").get("enable"))

    @property
    def drift_mode(self) -> str:
        """`enabled`, `warn` or `disabled`."""
        return str(self._spec("driftDetection", "mode") or "disabled")

    @property
    def detects_drift(self) -> bool:
        return self.drift_mode in ("enabled", "warn")

    def is_requested(self, annotation: str, status_field: str) -> bool:
        """Whether a request by annotation, made together with requestedAt, was not answered yet."""
        asked = annotations(self.obj).get(annotation)
        return (
            bool(asked)
            and asked == annotations(self.obj).get(REQUESTED_AT)
            and asked != get_in(self.obj, "status", status_field, default="")
            and asked != get_in(self.obj, "status", "lastHandledReconcileAt", default="")
        )
