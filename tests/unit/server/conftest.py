"""A server in memory, in virtual time, with a small typed kind of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from fairlead.api.kind import Admission, Column, Kind, Problem, Scale, Version
from fairlead.base.objects import GVK, Json, replace_in
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.local import LocalClient
from fairlead.server.server import ApiServer

Scenario = Callable[[LocalClient, ApiServer], Awaitable[None]]

CONFIG_MAP = GVK("", "v1", "ConfigMap")
NAMESPACE = GVK("", "v1", "Namespace")
POD = GVK("", "v1", "Pod")
DEPLOYMENT = GVK("apps", "v1", "Deployment")
BOAT = GVK("sea.example.com", "v2", "Boat")
OLD_BOAT = GVK("sea.example.com", "v1", "Boat")


def _schema(length_field: str) -> Json:
    return {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "minLength": 1},
                    length_field: {"type": "integer", "default": 10, "minimum": 1},
                    "color": {"type": "string", "enum": ["red", "blue"]},
                    "crew": {"type": "integer"},
                    "sails": {
                        "type": "array",
                        "x-kubernetes-list-type": "map",
                        "x-kubernetes-list-map-keys": ["name"],
                        "items": {
                            "type": "object",
                            "required": ["name"],
                            "properties": {"name": {"type": "string"}, "area": {"type": "integer"}},
                        },
                    },
                },
            },
            "status": {"type": "object", "properties": {"afloat": {"type": "boolean"}, "crew": {"type": "integer"}}},
        },
    }


def _convert(obj: Json, version: str) -> Json:
    old, new = ("length", "lengthMetres") if version == "v2" else ("lengthMetres", "length")
    spec = {new if key == old else key: value for key, value in (obj.get("spec") or {}).items()}
    return {**obj, "apiVersion": f"sea.example.com/{version}", "spec": spec}


def _default(admission: Admission) -> Json:
    spec = admission.new.get("spec") or {}
    return admission.new if "color" in spec else replace_in(admission.new, ("spec", "color"), "blue")


def _validate(admission: Admission) -> Sequence[Problem]:
    if admission.operation == "DELETE":
        return ()
    if admission.old and admission.old["spec"]["name"] != admission.new["spec"]["name"]:
        return [Problem("spec.name", "FieldValueForbidden", "Forbidden: a boat keeps its name")]
    return ()


BOATS = Kind(
    "sea.example.com",
    "Boat",
    "boats",
    (
        Version("v2", _schema("lengthMetres"), (Column("Length", ".spec.lengthMetres", "integer"),)),
        Version("v1", _schema("length"), deprecation_warning="sea.example.com/v1 Boat is deprecated"),
    ),
    short_names=("bo",),
    scale=Scale(".spec.crew", ".status.crew"),
    webhook="validation.boat.sea.example.com",
    convert=_convert,
    default=_default,
    validate=_validate,
)


def config_map(name: str = "a", namespace: str = "default", **data: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def boat(name: str = "b", **spec: Any) -> Json:
    return {
        "apiVersion": "sea.example.com/v2",
        "kind": "Boat",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"name": name, **spec},
    }


async def settle() -> None:
    """Let what goes on by itself come to rest."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def scene() -> Callable[[Scenario], None]:
    """Run a scenario against a fresh server in memory."""

    def run(scenario: Scenario) -> None:
        async def main() -> None:
            server = ApiServer(LoopClock(), Ids(7), [BOATS])
            await server.start()
            await settle()
            await scenario(server.client(manager="tests"), server)
            await server.stop()

        run_virtual(main())

    return run
