"""Variables: laws of defaulting, and definitions that are at odds with themselves."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fairlead.base.objects import Json
from fairlead.engines.clusterclass.variables import default_topology, definitions_of, validate_topology

STRING = {"type": "string"}


def class_of(*variables: Json) -> Json:
    return {"spec": {"variables": list(variables)}}


def variable(name: str, schema: Json, **more: Any) -> Json:
    return {"name": name, "required": False, "schema": {"openAPIV3Schema": schema}, **more}


def test_definitions_are_in_the_order_of_names() -> None:
    """status.variables is sorted, and says that each variable comes from the class itself."""
    metadata = {"labels": {"a": "b"}}
    found = definitions_of(class_of(variable("z", STRING), variable("a", STRING, deprecatedV1Beta1Metadata=metadata)))
    schema = {"openAPIV3Schema": STRING}
    assert found == [
        {
            "name": "a",
            "definitionsConflict": False,
            "definitions": [
                {"from": "inline", "required": False, "deprecatedV1Beta1Metadata": metadata, "schema": schema}
            ],
        },
        {
            "name": "z",
            "definitionsConflict": False,
            "definitions": [{"from": "inline", "required": False, "schema": schema}],
        },
    ]


def test_conflicting_definitions_are_told_once_each() -> None:
    """A status that says two sources disagree, or that holds no definition, stops defaulting and checks."""
    definitions = [
        {"name": "a", "definitionsConflict": True, "definitions": [{"from": "inline", "schema": {}}]},
        {"name": "b", "definitions": []},
    ]
    topology = {"variables": [{"name": "a", "value": 1}]}
    after, problems = default_topology(topology, definitions)
    assert after is topology
    [text] = map(str, problems)
    assert text == (
        'spec.topology.variables: Invalid value: "[Name: a,Name: b]": variable definitions in the ClusterClass not '
        'valid: [variable "a" has conflicting definitions, variable "b" has no definitions]'
    )
    assert list(map(str, validate_topology(topology, None, definitions))) == [text]


def test_complete_topology_comes_back_as_it_is() -> None:
    """Nothing is copied when no default is missing."""
    topology = {"variables": [{"name": "a", "value": {"x": 1}}], "controlPlane": {}, "workers": {}}
    schema = {"type": "object", "properties": {"x": {"type": "integer", "default": 2}}}
    after, problems = default_topology(topology, definitions_of(class_of(variable("a", schema))))
    assert after is topology
    assert problems == []


def test_schema_is_read_as_the_api_knows_it() -> None:
    """Keywords that variables do not have (nullable, $ref, list types) change nothing."""
    schema = {"type": "string", "nullable": True, "$ref": "#/x", "x-kubernetes-list-type": "set"}
    topology = {"variables": [{"name": "a", "value": None}]}
    [text] = map(str, validate_topology(topology, None, definitions_of(class_of(variable("a", schema)))))
    assert text == 'spec.topology.variables[a].value: Invalid value: "null": must be of type string: "null"'


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string", "default": "d"},
            {"type": "string"},
            {"type": "integer", "default": 3},
            {"x-kubernetes-preserve-unknown-fields": True},
        ]
    ),
    lambda inner: st.one_of(
        st.dictionaries(st.sampled_from("abc"), inner, max_size=3).map(lambda p: {"type": "object", "properties": p}),
        inner.map(lambda each: {"type": "object", "additionalProperties": each}),
        inner.map(lambda each: {"type": "array", "items": each}),
        st.dictionaries(st.sampled_from("abc"), inner, max_size=2).map(
            lambda p: {"type": "object", "properties": p, "default": {}}
        ),
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.none() | st.sampled_from(["", "a"]) | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from("xyz"), SCHEMAS, max_size=3), st.dictionaries(st.sampled_from("xyz"), VALUES))
def test_defaulting_twice_is_defaulting_once(schemas: dict[str, Json], values: dict[str, Any]) -> None:
    """What was defaulted has nothing more to default, and neither the class nor the topology is changed."""
    definitions = definitions_of(class_of(*(variable(name, schema) for name, schema in schemas.items())))
    overrides = {"overrides": [{"name": name, "value": value} for name, value in values.items()]}
    topology = {
        "variables": overrides["overrides"],
        "workers": {"machineDeployments": [{"name": "md", "variables": overrides}]},
    }
    before = copy.deepcopy((definitions, topology))
    once, problems = default_topology(topology, definitions)
    twice, again = default_topology(once, definitions)
    assert twice is once
    assert again == problems
    validate_topology(once, topology, definitions)
    assert (definitions, topology) == before
