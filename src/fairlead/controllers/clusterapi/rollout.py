"""How a MachineDeployment goes from one machine template to the next: the size of each MachineSet. Pure.

Source: cluster-api v1.14, core/reconcilers/machinedeployment (rollout_rollingupdate.go, rollout_ondelete.go, sync.go)
and mdutil/util.go. In-place updates (a gate that is off upstream) are left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fairlead.base.objects import Json, annotations, get_in, meta
from fairlead.controllers.clusterapi.amounts import amount
from fairlead.controllers.clusterapi.machinetemplate import spec_differences
from fairlead.runtime.clock import parse_timestamp

ROLLING, ON_DELETE = "RollingUpdate", "OnDelete"
MAX_REPLICAS = "machinedeployment.clusters.x-k8s.io/max-replicas"
DESIRED_REPLICAS = "machinedeployment.clusters.x-k8s.io/desired-replicas"


@dataclass(frozen=True, slots=True)
class Set:
    """The numbers of one MachineSet that a roll-out looks at."""

    name: str
    spec: int
    replicas: int = 0
    available: int = 0
    created: str = ""
    maximum: int | None = None  # the annotation with what its deployment's most was when it was last sized
    desired: int | None = None

    @classmethod
    def of(cls, machine_set: Json) -> "Set":
        told = annotations(machine_set)
        return cls(
            name=meta(machine_set)["name"],
            spec=int(get_in(machine_set, "spec", "replicas", default=1)),
            replicas=get_in(machine_set, "status", "replicas", default=0),
            available=get_in(machine_set, "status", "availableReplicas", default=0),
            created=meta(machine_set).get("creationTimestamp", ""),
            maximum=_number(told.get(MAX_REPLICAS)),
            desired=_number(told.get(DESIRED_REPLICAS)),
        )


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the deployment asks for."""

    replicas: int
    strategy: str = ROLLING
    surge: int = 1
    unavailable: int = 0

    @classmethod
    def of(cls, deployment: Json) -> "Bounds":
        replicas = int(get_in(deployment, "spec", "replicas", default=1))
        strategy = get_in(deployment, "spec", "rollout", "strategy", default={})
        kind = strategy.get("type", ROLLING)
        if kind != ROLLING:
            return cls(replicas, kind, 0, 0)
        update = strategy.get("rollingUpdate") or {}
        surge = amount(update.get("maxSurge"), replicas, 1, round_up=True)
        unavailable = amount(update.get("maxUnavailable"), replicas, 0, round_up=False)
        if not surge and not unavailable:  # 0 and 0 would never end
            unavailable = 1
        return cls(replicas, kind, surge, min(unavailable, replicas))

    @property
    def least_available(self) -> int:
        return max(self.replicas - self.unavailable, 0)


@dataclass(slots=True)
class _Plan:
    bounds: Bounds
    new: Set
    old: list[Set]
    sizes: dict[str, int] = field(default_factory=dict)

    def size(self, one: Set) -> int:
        return self.sizes.get(one.name, one.spec)

    @property
    def every(self) -> list[Set]:
        return [*self.old, self.new]


def plan(bounds: Bounds, new: Set, old: Sequence[Set]) -> dict[str, int]:
    """The MachineSets whose size changes now, with their new sizes; *new* may be one that is yet to be made."""
    state = _Plan(bounds, new, sorted(old, key=lambda one: (one.created, one.name)))
    _grow_new(state)
    if bounds.strategy == ON_DELETE:
        _follow_deletions(state)
    else:
        _shrink_old(state)
        _break_deadlock(state)
    return {name: size for name, size in state.sizes.items() if size != _spec(state, name)}


def _spec(state: _Plan, name: str) -> int:
    return next(one.spec for one in state.every if one.name == name)


def _grow_new(state: _Plan) -> None:
    """Bring the new set to the deployment's size, as far as the surge allows."""
    bounds, new = state.bounds, state.new
    if new.spec > bounds.replicas:
        state.sizes[new.name] = bounds.replicas
        return
    total = sum(max(one.spec, one.replicas) for one in state.every)
    room = bounds.replicas + bounds.surge - total
    if room > 0:
        state.sizes[new.name] = new.spec + min(room, bounds.replicas - new.spec)


def _shrink_old(state: _Plan) -> None:
    """Take from the old sets what the availability asked for can spare."""
    if not sum(one.spec for one in state.old):
        return
    available = sum(one.available for one in state.every)
    pending = sum(max(one.replicas - min(one.spec, state.size(one)), 0) for one in state.every)
    new_unavailable = max(state.new.spec - state.new.available, 0)
    least = state.bounds.least_available
    count = max(sum(one.spec for one in state.every) - pending - least - new_unavailable, 0)
    count, available = _scale_down(state, count, available, only_unavailable=True)
    _scale_down(state, count, available, only_unavailable=False)


def _scale_down(state: _Plan, count: int, available: int, *, only_unavailable: bool) -> tuple[int, int]:
    """One round over the old sets; returns how much is left to take, and what is then surely available."""
    least = state.bounds.least_available
    for one in state.old:
        size = state.size(one)
        if count <= 0 or size <= 0:
            continue
        cut = min(max(size - one.available, 0) if only_unavailable else size, count)
        if cut and one.available:
            # Which machines go is the set's affair: the worst is assumed, that they are available ones.
            deleted = max(one.replicas - (size - cut), 0)
            if deleted and available - least < deleted:
                kept = min(one.replicas - max(available - least, 0), size)
                cut, deleted = max(size - kept, 0), max(one.replicas - kept, 0)
            available -= min(one.available, deleted)
        if cut:
            state.sizes[one.name] = size - cut
            count -= cut
    return count, available


def _break_deadlock(state: _Plan) -> None:
    """Take one machine of an old set whose ill machines hold up a roll-out that stands still."""
    replicas, available = sum(one.replicas for one in state.old), sum(one.available for one in state.old)
    if not replicas or replicas == available or state.sizes:
        return
    if any(one.spec != one.replicas for one in state.every) or state.new.available != state.new.replicas:
        return
    for one in state.old:
        if one.available != one.replicas and one.spec:
            state.sizes[one.name] = one.spec - 1
            return


def _follow_deletions(state: _Plan) -> None:
    """OnDelete: old machines go when somebody deletes them, or when there are more than the deployment asks for."""
    total = sum(one.spec for one in state.old) + state.size(state.new)
    count = max(total - state.bounds.replicas, 0)
    for one in state.old:
        gone = max(one.spec - one.replicas, 0)
        if one.spec and gone:
            state.sizes[one.name] = one.spec - gone
            count -= gone
    for one in state.old:
        cut = min(state.size(one), count)
        if cut > 0:
            state.sizes[one.name] = state.size(one) - cut
            count -= cut


def scale_paused(bounds: Bounds, new: Set | None, old: Sequence[Set]) -> dict[str, int]:
    """Sizes while the deployment is paused: no roll-out, but more or fewer machines, shared out in proportion."""
    every = [*old, *([new] if new is not None else [])]
    active = [one for one in every if one.spec > 0]
    if len(active) <= 1:
        one = active[0] if active else new or max(old, key=lambda o: (o.created, o.name), default=None)
        return {one.name: bounds.replicas} if one is not None and one.spec != bounds.replicas else {}
    if new is not None and new.spec == new.desired == new.available == bounds.replicas:
        return {one.name: 0 for one in old if one.spec}
    if bounds.strategy != ROLLING:
        return {}
    add = (bounds.replicas + bounds.surge if bounds.replicas else 0) - sum(one.spec for one in active)
    ordered = sorted(active, key=lambda one: one.created, reverse=add > 0)
    ordered.sort(key=lambda one: -one.spec)
    sizes, added = {}, 0
    for one in ordered:
        share = _share(one, bounds, add, add - added, sum(o.replicas for o in every))
        sizes[one.name] = one.spec + share
        added += share
    if add and ordered:
        sizes[ordered[0].name] = max(sizes[ordered[0].name] + add - added, 0)
    return {one.name: sizes[one.name] for one in ordered if sizes[one.name] != one.spec}


def _share(one: Set, bounds: Bounds, add: int, allowed: int, total: int) -> int:
    if not add or not allowed:
        return 0
    if not bounds.replicas:
        share = -one.spec
    else:
        size = one.spec * (bounds.replicas + bounds.surge) / (one.maximum or total or 1)
        share = int(size + 0.5) - one.spec
    return min(share, allowed) if add > 0 else max(share, allowed)


def current_set(deployment: Json, sets: Sequence[Json], now: datetime) -> Json | None:
    """The MachineSet that has the deployment's template; of several the largest, then the oldest.

    With a `rollout.after` that has come only one made since then counts.
    """

    def rank(machine_set: Json) -> tuple[int, str, str]:
        one = Set.of(machine_set)
        return -one.spec, one.created, one.name

    same = sorted((s for s in sets if not spec_differences(s, deployment)), key=rank)
    after = get_in(deployment, "spec", "rollout", "after")
    if after and parse_timestamp(after) <= now:
        since = parse_timestamp(after)
        same = [s for s in same if parse_timestamp(meta(s)["creationTimestamp"]) >= since]
    return same[0] if same else None


def is_complete(deployment: Json, status: Mapping[str, int]) -> bool:
    """Whether every machine asked for is there, up to date and available, so that emptied sets may go."""
    wanted = int(get_in(deployment, "spec", "replicas", default=1))
    return all(status.get(name, 0) == wanted for name in ("replicas", "upToDateReplicas", "availableReplicas"))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.lstrip("-").isdigit() else None
