"""What a person (or Flux) wrote: taken out of recorded objects by the field managers that they name.

Controllers' managers are listed; every other one is a user. Upstream's images call plain updates `manager`.
"""

from __future__ import annotations

import json
from typing import Any

from fairlead.base.objects import Json, get_in, meta
from fairlead.engines.merge.fieldset import union
from fairlead.testing.traces.normalising import is_listed

CONTROLLERS = (
    "capi*",
    "cabpk",
    "kcp",
    "capv",
    "vcsim",
    "manager",
    "kube-controller-manager",
    "source-controller",
    "gotk-*",
    "cluster-api-*",
)


def is_user(entry: Json) -> bool:
    """Whether a managedFields entry is a person's or Flux's."""
    return not entry.get("subresource") and not is_listed(entry.get("manager", ""), CONTROLLERS)


def managers_of(obj: Json) -> list[str]:
    """The users who wrote to *obj*."""
    return [entry["manager"] for entry in meta(obj).get("managedFields") or () if is_user(entry)]


def applied_part(obj: Json) -> Json | None:
    """The part of *obj* that users own, as they may have sent it; None when no user wrote to it."""
    if not any(map(is_user, _entries(obj))):
        return None
    part = users_fields(obj, obj)
    if obj["kind"] == "Secret":  # owned as stringData, stored as data
        part = {**part, "data": obj.get("data") or {}, "type": obj.get("type", "Opaque")}
    metadata = {**part.get("metadata", {}), "name": meta(obj)["name"]}
    if "namespace" in meta(obj):
        metadata["namespace"] = meta(obj)["namespace"]
    return _without_defaults({**part, "apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": metadata})


def users_fields(obj: Json, *owners: Json) -> Json:
    """The fields of *obj* that users own according to the managedFields of any of *owners*.

    Who wrote in another version than the recorded one owns fields by their names there: then all that no controller
    owns is taken for the users'.
    """
    mine: Any = {}
    theirs: Any = {}
    foreign = False
    for entry in (entry for owner in owners for entry in _entries(owner)):
        if is_user(entry):
            foreign = foreign or entry.get("apiVersion", obj["apiVersion"]) != obj["apiVersion"]
            mine = union(mine, entry["fieldsV1"])
        else:
            theirs = union(theirs, entry["fieldsV1"])
    if not foreign or obj["apiVersion"] == "v1":
        found = extract(obj, mine) if mine else {}
        return found if isinstance(found, dict) else {}
    kept = {part: meta(obj)[part] for part in ("labels", "annotations") if part in meta(obj)}
    rest = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata", "status")}
    left = without_fields({**rest, "metadata": kept}, theirs)
    return left if isinstance(left, dict) else {}


def _entries(obj: Json) -> list[Json]:
    return [entry for entry in meta(obj).get("managedFields") or () if entry.get("fieldsV1")]


def _without_defaults(part: Json) -> Json:
    """A selector is owned whole, with what a webhook put into it: where that shows, the user gave an empty one."""
    selector = get_in(part, "spec", "selector")
    if not isinstance(selector, dict) or "template" not in part["spec"]:
        return part
    given = get_in(part, "spec", "template", "metadata", "labels", default={})
    if not (selector.get("matchLabels") or {}).keys() - given.keys():
        return part
    return {**part, "spec": {**part["spec"], "selector": {**selector, "matchLabels": {}}}}


def extract(value: Any, fields: Json) -> Any:
    """The part of *value* that a FieldsV1 set names; a leaf is taken whole."""
    steps = [step for step in fields if step != "."]
    if not steps:
        return value
    if isinstance(value, dict):
        return {name: extract(value[name], fields[f"f:{name}"]) for name in value if f"f:{name}" in fields}
    if isinstance(value, list):
        return [extract(item, fields[step]) for item in value for step in steps if _names(step, item)]
    return value


def without_fields(value: Any, fields: Json) -> Any:
    """*value* less the fields of a FieldsV1 set; maps that become empty go too."""
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, inner in value.items():
        owned = fields.get(f"f:{name}")
        if owned is None:
            kept[name] = inner
        elif [step for step in owned if step != "."] and (left := without_fields(inner, owned)) not in ({}, None):
            kept[name] = left
    return kept


def _names(step: str, item: Any) -> bool:
    kind, _, text = step.partition(":")
    if kind == "k":
        return isinstance(item, dict) and all(item.get(key) == value for key, value in json.loads(text).items())
    return kind == "v" and json.loads(text) == item


def with_credentials(obj: Json, username: str, password: str) -> Json:
    """A recorded Secret has sizes for values: give the ones of a vCenter login back."""
    data = {**get_in(obj, "data", default={}), **get_in(obj, "stringData", default={})}
    if obj["kind"] != "Secret" or not data:
        return obj
    known = {"username": username, "password": password}
    rest = {key: value for key, value in obj.items() if key not in ("data", "stringData")}
    return {**rest, "stringData": {key: known.get(key, value) for key, value in data.items()}}
