"""GitRepositories in virtual time, and each branch of their judgement."""

from datetime import timedelta
from typing import Any

import pytest

from fairlead.api.flux.kinds import GIT_REPOSITORY
from fairlead.base.objects import Json, get_in
from fairlead.controllers.flux.git.judging import (
    Fetch,
    Finalize,
    Included,
    Inputs,
    Lack,
    Rest,
    Seen,
    Stall,
    Standing,
    Step,
    decide,
    retry_seconds,
)
from fairlead.runtime.conditions import find
from fairlead.testing.garden import Garden, config_map, in_garden

INPUTS = Inputs(1, "", (), ())


def repository(status: Json | None = None, deleting: bool = False, **spec: Any) -> Json:
    metadata = {"name": "src", "namespace": "ns", "generation": 1}
    if deleting:
        metadata["deletionTimestamp"] = "now"
    return {"metadata": metadata, "spec": {"url": "http://h/r", "interval": "1m", **spec}, "status": status or {}}


HELD = {"artifact": {"revision": "main@sha1:abc", "digest": "sha256:1"}}


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        pytest.param(Seen(repository(deleting=True), 0), Finalize(), id="deleted"),
        pytest.param(Seen(repository(suspend=True), 0), Rest(), id="suspended"),
        pytest.param(Seen(repository(), 0, INPUTS), Fetch(""), id="first"),
        pytest.param(Seen(repository(HELD), 0, INPUTS, is_held=True), Fetch("abc"), id="held"),
        pytest.param(Seen(repository(HELD), 0, INPUTS), Fetch(""), id="lost-by-a-restart"),
        pytest.param(Seen(repository(HELD, ignore="x"), 0, INPUTS, is_held=True), Fetch(""), id="other-ignore"),
        pytest.param(
            Seen(repository(HELD), 40, INPUTS, Standing(INPUTS, 60)), Rest(timedelta(seconds=20)), id="not-due"
        ),
        pytest.param(Seen(repository(HELD), 60, INPUTS, Standing(INPUTS, 60), is_held=True), Fetch("abc"), id="due"),
        pytest.param(
            Seen(repository(HELD), 40, Inputs(2, "", (), ()), Standing(INPUTS, 60), is_held=True),
            Fetch("abc"),
            id="new-generation",
        ),
        pytest.param(
            Seen(repository(), 0, INPUTS, missing_secret="no secret"),
            Lack("FetchFailed", "AuthenticationFailed", "no secret"),
            id="no-secret",
        ),
        pytest.param(
            Seen(repository(), 0, INPUTS, included=(Included(None, "NotFound", "no include"),)),
            Lack("IncludeUnavailable", "NotFound", "no include", timedelta(seconds=30)),
            id="no-include",
        ),
        pytest.param(
            Seen(repository(provider="azure"), 0, INPUTS),
            Stall(
                "InvalidProviderConfiguration",
                "spec.provider 'azure' is not supported; use 'generic' with spec.secretRef",
            ),
            id="provider",
        ),
    ],
)
def test_decide(seen: Seen, step: Step) -> None:
    """The one next step."""
    assert decide(seen) == step


def test_retries_come_later_and_later() -> None:
    """From 0.75 s, doubling, up to the interval (at least 30 s) and a quarter of an hour."""
    assert [retry_seconds(n, 60) for n in (0, 1, 2, 6, 7, 50)] == [0.75, 1.5, 3, 48, 60, 60]
    assert retry_seconds(50, 1) == 30
    assert retry_seconds(50, 36000) == 900


def test_an_address_that_does_not_answer_is_asked_less_and_less() -> None:
    """An hour of failures costs one status, one event, and under a hundred attempts; then it recovers."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source(url="http://127.0.0.1:9/none.git", interval="1m")
        await garden.sleep(10)
        before, passes = garden.revision, garden.passes("gitrepository")
        await garden.sleep(3600)
        assert garden.revision == before
        assert garden.passes("gitrepository") - passes < 100
        status, reason, message = await garden.ready("src", GIT_REPOSITORY)
        assert (status, reason) == ("False", "GitOperationFailed")
        assert message.endswith("dial tcp 127.0.0.1:9: connect: connection refused")
        await garden.source(interval="1m")
        await garden.sleep(0.5)
        assert (await garden.ready("src", GIT_REPOSITORY))[0] == "True"

    in_garden(scenario)


def test_a_commit_is_found_at_the_interval_or_on_request() -> None:
    """Without a request a new commit waits for the interval; a request brings it at once."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source(interval="5m")
        await garden.kustomization()
        await garden.sleep(10)
        garden.commit({"app/one.yaml": config_map("one", "2")})
        await garden.sleep(60)
        assert await garden.value("one") == "1"
        await garden.sleep(240)
        assert await garden.value("one") == "2"
        garden.commit({"app/one.yaml": config_map("one", "3")})
        await garden.pull()
        assert await garden.value("one") == "3"

    in_garden(scenario)


def test_includes_are_copied_and_followed() -> None:
    """An included repository's files lie below toPath; its new artifact makes a new one here."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        garden.git.commit("lib", "main", {"deploy/two.yaml": config_map("two"), "other": "x"}, [])
        include = [{"repository": {"name": "lib"}, "fromPath": "deploy", "toPath": "app/lib"}]
        await garden.source(include=include)
        await garden.kustomization()
        await garden.sleep(1)
        repo = await garden.get(GIT_REPOSITORY, "src")
        found = find(get_in(repo, "status", "conditions"), "IncludeUnavailable")
        assert found is not None
        assert found["reason"] == "NotFound"
        await garden.source("lib", url="http://127.0.0.1:3080/lib.git")
        await garden.sleep(1)
        assert (await garden.value("one"), await garden.value("two")) == ("1", "1")
        garden.git.commit("lib", "main", {"deploy/two.yaml": config_map("two", "2")}, [])
        await garden.pull("lib")
        assert await garden.value("two") == "2"
        repo = await garden.get(GIT_REPOSITORY, "src")
        assert get_in(repo, "status", "observedInclude") == include
        assert find(get_in(repo, "status", "conditions"), "IncludeUnavailable") is None

    in_garden(scenario)


def test_suspended_it_does_not_look() -> None:
    """A suspended source keeps its artifact; a Kustomization goes on with it."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(1)
        await garden.source(suspend=True)
        garden.commit({"app/one.yaml": config_map("one", "2")})
        await garden.pull()
        assert await garden.value("one") == "1"
        await garden.source()
        await garden.sleep(1)
        assert await garden.value("one") == "2"

    in_garden(scenario)


def test_a_change_of_what_is_left_out_makes_a_new_artifact() -> None:
    """The same commit with another spec.ignore has another digest, and what is left out is pruned."""

    async def scenario(garden: Garden) -> None:
        garden.commit({"app/one.yaml": config_map("one"), "app/two.yaml": config_map("two")})
        await garden.source()
        await garden.kustomization()
        await garden.sleep(1)
        before = await garden.get(GIT_REPOSITORY, "src")
        await garden.source(ignore="two.yaml\n")
        await garden.sleep(1)
        after = await garden.get(GIT_REPOSITORY, "src")
        assert get_in(before, "status", "artifact", "revision") == get_in(after, "status", "artifact", "revision")
        assert get_in(before, "status", "artifact", "digest") != get_in(after, "status", "artifact", "digest")
        assert get_in(after, "status", "observedIgnore") == "two.yaml\n"
        assert (await garden.value("one"), await garden.value("two")) == ("1", None)

    in_garden(scenario)
