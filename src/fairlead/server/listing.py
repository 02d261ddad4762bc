"""Which objects a list is of: the present ones or those of an earlier revision, all or a page of them.

Source: apiserver v0.36 pkg/storage (continue.go, etcd3/store.go, etcd3/errors.go); apimachinery v0.36
pkg/apis/meta/internalversion/validation.
"""

from __future__ import annotations

import base64
import binascii
import bisect
import itertools
from dataclasses import dataclass
from typing import Any

import orjson

from fairlead.api.errors import ApiError, bad_request, invalid
from fairlead.base.objects import Json, Key
from fairlead.engines.schema.errors import quote
from fairlead.server.bodies import number
from fairlead.server.routes import Route
from fairlead.server.scanning import JsonError, read_json
from fairlead.server.selection import Selection
from fairlead.server.store import Expired, Record, Store

_ENCODING = "meta.k8s.io/v1"
_INVALID = "continue key is not valid"
_OLD = "The resourceVersion for the provided list is too old."
_OLD_PAGE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_RETRY_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list is asked for: at most *limit* objects (0: all) after *after*, as they were at *revision* (0: are)."""

    limit: int = 0
    revision: int = 0
    at_least: int = 0  # the oldest state that will do
    after: tuple[str, str] = ("", "")


def check_options(route: Route) -> None:
    """Refuse options of a list or watch that make no sense. Raises: ApiError BadRequest, Invalid."""
    for name in ("limit", "timeoutSeconds"):
        number(route, name)
    watching = route.verb == "watch"
    causes = _watch_causes(route) if watching else _list_causes(route)
    if causes:
        raise invalid("meta.k8s.io", "ListOptions", "", causes)
    revision = route.one("resourceVersion")
    if revision and not (revision.isascii() and revision.isdigit()):
        cause = f"Invalid value: {quote(revision)}: strconv.ParseUint: parsing {quote(revision)}: invalid syntax"
        if watching:
            raise ApiError(500, "", f"resourceVersion: {cause}")
        raise bad_request(f"invalid resource version: resourceVersion: {cause}")


def _forbidden(text: str, name: str = "resourceVersionMatch") -> tuple[str, str, str]:
    return "FieldValueForbidden", f"Forbidden: {text}", name


def _unsupported(value: str, *supported: str) -> tuple[str, str, str]:
    shown = ", ".join(map(quote, supported))
    text = f"Unsupported value: {quote(value)}: supported values: {shown}"
    return "FieldValueNotSupported", text, "resourceVersionMatch"


def _list_causes(route: Route) -> list[tuple[str, str, str]]:
    match, revision = route.one("resourceVersionMatch"), route.one("resourceVersion")
    causes = []
    if match:
        if not revision:
            causes.append(_forbidden("resourceVersionMatch is forbidden unless resourceVersion is provided"))
        if route.one("continue"):
            causes.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
        if match not in ("Exact", "NotOlderThan"):
            causes.append(_unsupported(match, "Exact", "NotOlderThan", ""))
        if match == "Exact" and revision == "0":
            causes.append(_forbidden('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    if "sendInitialEvents" in route.query:
        causes.append(_forbidden("sendInitialEvents is forbidden for list", "sendInitialEvents"))
    return causes


def _watch_causes(route: Route) -> list[tuple[str, str, str]]:
    match, initial = route.one("resourceVersionMatch"), "sendInitialEvents" in route.query
    causes = []
    if initial and match != "NotOlderThan":
        causes.append(_forbidden("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"))
    if match and not initial:
        text = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        causes.append(_forbidden(text))
    if match and match != "NotOlderThan":
        causes.append(_unsupported(match, "NotOlderThan"))
    if match and route.one("continue"):
        causes.append(_forbidden("resourceVersionMatch is forbidden when continue is provided"))
    return causes


def wish_of(route: Route) -> Wish:
    """What the query of a list asks for. Raises: ApiError BadRequest."""
    limit, token = number(route, "limit") or 0, route.one("continue")
    revision, match = int(route.one("resourceVersion") or 0), route.one("resourceVersionMatch")
    if token:
        start, then = _read_token(token)
        if revision:
            raise bad_request("specifying resource version is not allowed when using continue")
        return Wish(limit, max(then, 0), 0, start)
    if route.one("resourceVersion") == "0":
        return Wish()  # upstream answers from memory, all at once
    exact = match == "Exact" or (limit > 0 and not match)
    return Wish(max(limit, 0), revision if exact else 0, revision)


def _read_token(token: str) -> tuple[tuple[str, str], int]:
    """Where a page begins and the revision of its list (-1: the present one)."""
    try:
        value: Any = read_json(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (JsonError, binascii.Error) as error:
        raise _bad_token(f"{_INVALID}: {error}") from error
    fields = value if isinstance(value, dict) else {}
    version, revision, start = fields.get("v") or "", fields.get("rv") or 0, fields.get("start") or ""
    if version != _ENCODING:
        raise _bad_token(f"{_INVALID}: server does not recognize this encoded version {version}")
    if not revision or not isinstance(revision, int):
        raise _bad_token(f"{_INVALID}: incorrect encoded start resourceVersion (version {_ENCODING})")
    if not start or not isinstance(start, str):
        raise _bad_token(f"{_INVALID}: encoded start key empty (version {_ENCODING})")
    namespace, _, name = start.removesuffix("\0").rpartition("/")
    return (namespace, name), revision


def _bad_token(text: str) -> ApiError:
    return bad_request(f"invalid continue token: {text}")


def _token(key: Key, revision: int) -> str:
    start = f"{key.namespace}/{key.name}\0" if key.namespace else f"{key.name}\0"
    body = orjson.dumps({"v": _ENCODING, "rv": revision, "start": start})
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def page(selection: Selection, store: Store, wish: Wish) -> tuple[list[Record], Json]:
    """The records that are wished for, in key order, and the metadata of their list. Raises: ApiError."""
    latest = max(wish.revision, wish.at_least)
    if latest > store.revision:
        raise too_large(latest, store.revision)
    revision = wish.revision or store.revision
    try:
        found = list(selection.records(store, wish.revision))
    except Expired as error:
        raise _expired(wish) from error
    if wish.after != ("", ""):
        found = found[bisect.bisect_right([record.key for record in found], Key(*wish.after)) :]
    meta: Json = {"resourceVersion": str(revision)}
    if wish.limit and len(found) > wish.limit:
        if selection.is_everything:
            meta["remainingItemCount"] = len(found) - wish.limit
        found = list(itertools.islice(found, wish.limit))
        meta["continue"] = _token(found[-1].key, revision)
    return found, meta


def too_large(revision: int, present: int) -> ApiError:
    """The 504 for a revision that is yet to come."""
    details: Json = {"causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]}
    details["retryAfterSeconds"] = _RETRY_SECONDS
    return ApiError(504, "Timeout", f"Timeout: Too large resource version: {revision}, current: {present}", details)


def _expired(wish: Wish) -> ApiError:
    """The 410 for a state that is forgotten; of a later page, with the token that goes on with the present state."""
    if wish.after == ("", ""):
        return ApiError(410, "Expired", _OLD)
    return ApiError(410, "Expired", _OLD_PAGE, metadata={"continue": _token(Key(*wish.after), -1)})
