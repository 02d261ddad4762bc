"""Who is to be woken by whom: Kustomizations by what they refer to."""

from collections.abc import Hashable, Iterable

from fairlead.base.objects import Json, Key, get_in
from fairlead.controllers.flux.kustomize.judging import source_of

Target = tuple[str, Key]  # kind and key
WHOLE = "Kustomization (any change)"  # what an expression may look at


class References:
    """An index from what is referred to, to those who refer to it, kept up to date as objects are looked at."""

    def __init__(self) -> None:
        self._by_target: dict[Target, set[Key]] = {}
        self._targets: dict[Key, frozenset[Target]] = {}
        self._last: dict[Target, Hashable] = {}

    def record(self, owner: Key, targets: Iterable[Target]) -> None:
        """*owner* refers to *targets* and to nothing else."""
        fresh = frozenset(targets)
        for target in self._targets.get(owner, frozenset()) - fresh:
            self._by_target[target].discard(owner)
            if not self._by_target[target]:
                del self._by_target[target]
                self._last.pop(target, None)
        for target in fresh:
            self._by_target.setdefault(target, set()).add(owner)
        if fresh:
            self._targets[owner] = fresh
        else:
            self._targets.pop(owner, None)

    def concerned(self, target: Target, state: Hashable) -> list[Key]:
        """Who refers to *target*, when *state*, the part that matters to them, is not what it was before."""
        owners = self._by_target.get(target)
        if not owners:
            return []
        if self._last.get(target, self) == state:
            return []
        self._last[target] = state
        return sorted(owners)


def references_of(ks: Json) -> list[Target]:
    """What a Kustomization depends on."""
    namespace, spec = Key.of(ks).namespace, ks["spec"]
    found: list[Target] = [source_of(ks)]
    for entry in spec.get("dependsOn") or ():
        kind = WHOLE if entry.get("readyExpr") else "Kustomization"
        found.append((kind, Key(entry.get("namespace") or namespace, entry["name"])))
    for entry in get_in(spec, "postBuild", "substituteFrom", default=()):
        found.append((entry["kind"], Key(namespace, entry["name"])))
    secret = get_in(spec, "kubeConfig", "secretRef", "name")
    if secret:
        found.append(("Secret", Key(namespace, secret)))
    return found
