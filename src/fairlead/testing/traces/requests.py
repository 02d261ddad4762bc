"""Recorded requests, refused or accepted, made to our API server: same code, same Status.

A file is a list of {"name", "request": {method, path, contentType, body}} with "status" (refused: the Status object) or
"code" (accepted). They are made against the objects of a manifest in the namespace of the request's path, with the
Cluster paused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer
from fairlead.testing.traces.comparing import Difference
from fairlead.testing.world import KINDS

IN_NAMESPACE = re.compile(r"/namespaces/([^/?]+)/")


async def call(server: ApiServer, request: Json, accept: str = "application/json") -> tuple[int, Json]:
    """One HTTP request, without HTTP. Returns the status code and the decoded body."""
    path, _, query = request["path"].partition("?")
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(request.get("body")).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    content_type = request.get("contentType") or "application/json"
    scope = {
        "type": "http",
        "method": request["method"],
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"content-type", content_type.encode()), (b"accept", accept.encode())],
        "state": {"peer": ("admin", ("system:masters",))},
    }
    await server.asgi(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(each.get("body", b"") for each in sent))


def ask(request: Json, manifest: str) -> tuple[int, Json]:
    """Make one request to a fresh server that holds the manifest's objects."""

    async def main() -> tuple[int, Json]:
        server = ApiServer(LoopClock(), Ids(1), KINDS)
        await server.start()
        client = server.client()
        found = IN_NAMESPACE.search(request["path"])
        namespace = found[1] if found else "default"
        await client.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}, field_manager="kubectl"
        )
        for obj in goyaml.load_all(manifest):
            if isinstance(obj, dict):
                placed: Json = {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}
                if placed["kind"] == "Cluster":
                    placed["spec"] = {**placed["spec"], "paused": True}
                await client.create(placed, field_manager="kubectl")
        try:
            return await call(server, request)
        finally:
            await server.stop()

    return run_virtual(main())


def comparable(status: Json) -> Json:
    """A Status without the order in which several errors are told: upstream walks a Go map."""
    head, _, listed = _without_objects(str(status.get("message", ""))).partition(": [")
    details = status.get("details") or {}
    plain = [{**cause, "message": _without_objects(cause.get("message", ""))} for cause in details.get("causes") or ()]
    causes = sorted(plain, key=lambda cause: (str(cause.get("field")), str(cause.get("message"))))
    told = sorted(listed.rstrip("]").split(", "))
    return {**status, "message": " ".join((head, *told)).strip(), "details": {**details, "causes": causes}}


def _without_objects(text: str) -> str:
    """*text* with the objects that it prints as a set of keys: their order and metadata differ from run to run."""
    head, found, rest = text.partition("Invalid value: {")
    if not found:
        return text
    try:
        value, end = json.JSONDecoder().raw_decode("{" + rest)
    except ValueError:
        return text
    return f"{head}Invalid value: {json.dumps(value.get('spec', value), sort_keys=True)}{('{' + rest)[end:]}"


def compare_requests(cases: Iterable[Json], manifest: str) -> list[Difference]:
    """Differences of the answers; the object of a difference is the case's name."""
    differences = []
    for case in cases:
        code, body = ask(case["request"], manifest)
        wanted = case["status"]["code"] if "status" in case else case["code"]
        if code != wanted:
            said = body.get("message", "accepted") if isinstance(body, dict) else "accepted"
            differences.append(Difference(f"request {case['name']}", "code", str(wanted), f"{code}: {said}"))
        elif "status" in case and comparable(body) != comparable(case["status"]):
            differences += _parts(case["name"], comparable(case["status"]), comparable(body))
    return differences


def _parts(name: str, theirs: Json, ours: Json) -> list[Difference]:
    return [
        Difference(f"request {name}", part, json.dumps(theirs.get(part)), json.dumps(ours.get(part)))
        for part in sorted(theirs.keys() | ours.keys())
        if theirs.get(part) != ours.get(part)
    ]


def cases_in(path: Path) -> list[Json]:
    """The cases of a file. Raises: ValueError when it holds none."""
    cases = json.loads(path.read_text())
    if not isinstance(cases, list) or not all("request" in case and "name" in case for case in cases):
        raise ValueError(f"cannot read '{path}': it is no list of cases with name and request")
    return cases


def manifest_in(folder: Path) -> str:
    """The text of the manifest with a Cluster in it, the first one by name. Raises: ValueError."""
    paths: Sequence[Path] = sorted(folder.glob("*.yaml"))
    for path in paths:
        text = path.read_text()
        if re.search(r"^kind: Cluster$", text, re.MULTILINE):
            return text
    raise ValueError(f"cannot find a manifest with a Cluster in '{folder}'")
