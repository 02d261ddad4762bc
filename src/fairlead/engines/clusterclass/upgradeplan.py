"""The way from one Kubernetes version to another: which versions the control plane and the workers pass through.

Source: Cluster API v1.14 exp/topology/desiredstate/upgrade_plan.go. The control plane never skips a minor; workers
may fall three minors behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fairlead.engines.clusterclass.kubeversion import Version, VersionError, compare, parse

SKEW: Final = 3  # minors that a kubelet may be older than its API server


def control_plane_plan(desired: str, current: str, offered: Sequence[str]) -> tuple[str, ...]:
    """Return the versions the control plane passes through, *desired* last; empty when it is there.

    *offered* are ``spec.kubernetesVersions`` of the ClusterClass, oldest first: the newest of each minor is taken.
    Without them only one step of at most one minor is possible.

    Raises:
        VersionError: a version is none, or the step is too wide.
    """
    wanted = parse(desired, "failed to parse desired version")
    present = parse(current, "failed to parse current ControlPlane version")
    if wanted == present:
        return ()
    if not offered:
        if wanted.minor > present.minor + 1:
            raise VersionError(f"cannot compute an upgrade plan from {current} to {desired}")
        return (desired,)
    between: list[str] = []
    for text in offered:
        version = parse(text, f"failed to parse version {text}")
        if compare(version, present, with_build=False) <= 0:
            continue
        if compare(version, wanted) == 1:
            break
        between.append(text)
        if version == wanted:
            break
    return _newest_of_minors(between, present.minor, wanted.minor)


def _newest_of_minors(versions: Sequence[str], current_minor: int, wanted_minor: int) -> tuple[str, ...]:
    plan: list[str] = []
    if versions and current_minor == wanted_minor:
        plan.append(versions[0])
    for text in versions:
        minor = parse(text, "failed to parse version").minor
        if minor > current_minor:
            plan.append(text)
        elif minor == current_minor and plan:
            plan[-1] = text
        current_minor = minor
    return tuple(plan)


def workers_plan(
    desired: str, control_plane: str, oldest_worker: str, control_plane_steps: Sequence[str]
) -> tuple[str, ...]:
    """Return the versions that workers pass through: as few as version skew allows, *desired* last.

    *oldest_worker* is ``""`` when there are no workers. The control plane's steps are checked on the way. Workers that
    are too far from *desired* for any version that the control plane has or will have get no plan at all.

    Raises:
        VersionError: the control plane's steps are out of order, skip a minor, or do not end with *desired*.
    """
    wanted = parse(desired, f"failed to parse Cluster version {desired}")
    present = parse(control_plane, f"failed to parse ControlPlane version {control_plane}")
    minors = {present.minor: control_plane}
    _check_control_plane(desired, wanted, present, control_plane_steps, minors)
    if not oldest_worker:
        return ()
    oldest = parse(oldest_worker, f"failed to parse min workers version {oldest_worker}")
    if compare(oldest, wanted) == 0:
        return ()
    between = range(oldest.minor + SKEW, wanted.minor, SKEW)
    if wanted.minor < oldest.minor or any(minor not in minors for minor in between):
        return ()
    plan = [minors[minor] for minor in between]
    if not plan or plan[-1] != desired:
        plan.append(desired)
    _check_workers(plan, desired, wanted, oldest, (control_plane, *control_plane_steps))
    return tuple(plan)


def _check_control_plane(
    desired: str, wanted: Version, present: Version, steps: Sequence[str], minors: dict[int, str]
) -> None:
    what = "invalid ControlPlane upgrade plan"
    if compare(present, wanted) == 0:
        if steps:
            raise VersionError(f"{what}: control plane is already at the desired version")
        return
    at = present
    for index, text in enumerate(steps):
        step = parse(text, f"{what}: item {index}; failed to parse version {text}")
        if compare(step, at) <= 0:
            raise VersionError(f"{what}: item {index}; version {text} must be greater than {at}")
        if step.minor not in (at.minor, at.minor + 1):
            expected = f"expecting a version with minor {at.minor} or {at.minor + 1}, found version {text}"
            raise VersionError(f"{what}: item {index}; {expected}")
        minors[step.minor] = text
        at = step
    if compare(at, wanted) != 0:
        raise VersionError(
            f"{what}: control plane upgrade plan must end with version {desired}, ends with {at} instead"
        )


def _check_workers(
    plan: Sequence[str], desired: str, wanted: Version, oldest: Version, control_plane: Sequence[str]
) -> None:
    what = "invalid workers upgrade plan"
    order = {text: index for index, text in enumerate(control_plane)}
    at = oldest
    for index, text in enumerate(plan):
        step = parse(text, f"{what}, item {index}; failed to parse version {text}")
        comparison = compare(step, at)
        if comparison <= 0:
            raise VersionError(f"{what}, item {index}; version {text} must be greater than {at}")
        if comparison == 2:
            if text not in order:
                raise VersionError(f"{what}, item {index}; failer to determine version {text} order")
            if str(at) not in order:
                raise VersionError(f"failer to determine version {at} order")
            if order[text] < order[str(at)]:
                raise VersionError(f"{what}, item {index}; version {text} must be before {at}")
        if step.minor - at.minor > SKEW:
            skew = (
                f"workers cannot go from minor {at.minor} ({at}) to minor {step.minor} ({text}), "
                "an intermediate step is required to comply with Kubernetes version skew rules"
            )
            raise VersionError(f"{what}, item {index}; {skew}")
        at = step
    if compare(at, wanted) != 0:
        raise VersionError(f"{what}; workers upgrade plan must end with version {desired}, ends with {at} instead")
