"""Drift: what in a cluster is no longer as a release wants it.

Source: helm-controller v1.6 internal/action/diff.go, internal/diff/summarize.go, fluxcd/pkg ssa/jsondiff: objects are
applied dry, and what that would change is the drift; fields that the release does not set are not drift.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, annotations, labels
from fairlead.controllers.flux.apply import subject
from fairlead.controllers.flux.fights import Fights
from fairlead.controllers.flux.helm.jsondiff import difference, without
from fairlead.controllers.flux.helm.resources import Resources
from fairlead.controllers.flux.helm.spec import HelmSpec
from fairlead.controllers.flux.inventory import Item
from fairlead.engines.helm.record import Record
from fairlead.engines.selectors import parse_labels
from fairlead.runtime.client import PatchType
from fairlead.runtime.clock import Clock

MANAGER = "helm-controller"
RELEASE = GVK("helm.sh", "v1", "Release")  # no kind of an API: how a whole release is told from its objects
MARK = "helm.toolkit.fluxcd.io/driftDetection"


class DriftError(Exception):
    """An object cannot be compared; the text is the condition's."""


@dataclass(frozen=True, slots=True)
class Found:
    """One object that is missing (no patch) or changed."""

    desired: Json
    patch: tuple[Json, ...] = ()


@dataclass(slots=True)
class Drift:
    """The drift of one release."""

    spec: HelmSpec
    resources: Resources
    fights: Fights
    clock: Clock
    found: list[Found] = field(default_factory=list)
    live: dict[Item, Json] = field(default_factory=dict)  # what was compared, as it was

    def placed(self, objects: Iterable[Json], namespace: str) -> list[Json]:
        """*objects* with the release's namespace where they have none and need one."""
        return self.resources.placed_as_known(objects, namespace)

    async def detect(self, record: Record) -> None:
        """Compare the cluster with *record*. Raises: ApiError, ResourceError."""
        self.found, self.live = [], {}
        objects = self.resources.owned(await self.resources.build(record.manifest))
        ignored = _rules(self.spec.obj)
        for obj in objects:
            if labels(obj).get(MARK) == "disabled" or annotations(obj).get(MARK) == "disabled":
                continue
            live = await self.resources.get(obj)
            if live is None:
                self.found.append(Found(obj))
                continue
            if labels(live).get(MARK) == "disabled" or annotations(live).get(MARK) == "disabled":
                continue
            self.live[Item.of(live)] = live
            wanted = await self._dry_run(obj)
            paths = [path for selector, paths in ignored if selector.matches(obj) for path in paths]
            patch = difference(without(_judged(live), paths), without(_judged(wanted), paths))
            if patch:
                self.found.append(Found(obj, tuple(patch)))

    async def _dry_run(self, obj: Json) -> Json:
        try:
            return await self.resources.client.apply(obj, field_manager=MANAGER, dry_run=True)
        except ApiError as error:
            if error.code >= 500:
                raise
            reason = f" ({error.reason})" if error.reason else ""
            raise DriftError(
                f"unable to determine cluster state: {subject(obj)} dry-run failed{reason}: {error.message}"
            ) from error

    @property
    def summary(self) -> str:
        """A line for each object, as events and conditions have it."""
        return "\n".join(map(_line, self.found))

    def _delay(self, item: Found) -> float:
        return self.fights.delay(self.spec.key, Item.of(item.desired), self.clock.monotonic())

    @property
    def pause(self) -> float:
        """Seconds until any of it may be put right: others who keep changing an object are met less and less often."""
        return min(map(self._delay, self.found), default=0.0)

    @property
    def release_pause(self) -> float:
        """Seconds until a release that somebody else changed may be taken back."""
        return self.fights.delay(self.spec.key, self._release_item, self.clock.monotonic())

    def release_taken_back(self) -> None:
        """A release that somebody else changed is changed again."""
        self.fights.corrected(self.spec.key, self._release_item, self.clock.monotonic())

    @property
    def _release_item(self) -> Item:
        return Item(RELEASE, Key(self.spec.storage_namespace, self.spec.release_name))

    async def correct(self) -> tuple[list[str], list[str]]:
        """Put right what may be; returns what was changed, and what could not be."""
        changes, errors = [], []
        due = [item for item in self.found if not self._delay(item)]
        for item in sorted(due, key=lambda item: bool(item.patch)):
            self.fights.corrected(self.spec.key, Item.of(item.desired), self.clock.monotonic())
            name, key = subject(item.desired), Key.of(item.desired)
            try:
                if item.patch:
                    await self.resources.client.patch(
                        GVK.of(item.desired),
                        key.name,
                        key.namespace,
                        list(item.patch),
                        PatchType.JSON,
                        field_manager=MANAGER,
                    )
                    changes.append(f"{name} configured")
                else:
                    await self.resources.client.create(item.desired, field_manager=MANAGER)
                    changes.append(f"{name} created")
            except ApiError as error:
                kind = "patch" if item.patch else "creation"
                errors.append(f"{name} {kind} failure: {error.message}")
        return changes, errors


def _line(item: Found) -> str:
    if not item.patch:
        return f"{subject(item.desired)} removed"
    counts = [sum(part["op"] == op for part in item.patch) for op in ("add", "replace", "remove")]
    return f"{subject(item.desired)} changed ({counts[0]} additions, {counts[1]} changes, {counts[2]} removals)"


def _judged(obj: Json) -> Json:
    """What of an object can drift: all but its status and what the server writes into its metadata."""
    body = {name: value for name, value in obj.items() if name not in ("status", "metadata", "apiVersion", "kind")}
    kept = {name: value for name in ("labels", "annotations") if (value := obj["metadata"].get(name))}
    return {**body, "metadata": kept}


@dataclass(frozen=True, slots=True)
class _Selector:
    target: Mapping[str, Any] | None

    def matches(self, obj: Json) -> bool:
        if not self.target:
            return True
        gvk, key = GVK.of(obj), Key.of(obj)
        have = {"group": gvk.group, "version": gvk.version, "kind": gvk.kind, "name": key.name}
        have["namespace"] = key.namespace
        if any(self.target.get(name) and not _like(self.target[name], value) for name, value in have.items()):
            return False
        checks = (("labelSelector", labels(obj)), ("annotationSelector", annotations(obj)))
        return all(parse_labels(self.target[name]).matches(values) for name, values in checks if self.target.get(name))


def _like(pattern: str, value: str) -> bool:
    return re.fullmatch(pattern, value) is not None


def _rules(obj: Json) -> list[tuple[_Selector, Sequence[str]]]:
    rules = ((obj["spec"].get("driftDetection") or {}).get("ignore")) or []
    return [(_Selector(rule.get("target")), rule.get("paths") or []) for rule in rules]
