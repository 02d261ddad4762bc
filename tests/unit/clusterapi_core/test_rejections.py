"""Requests that the reference refuses or accepts, against the embedded API: same Status, same code.

The recordings are shared fixtures, found through FAIRLEAD_SHARED.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fairlead.api.addons.kinds import KINDS as ADDON_KINDS
from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.infrastructure.kinds import KINDS as VSPHERE_KINDS
from fairlead.api.kubeadm.kinds import KINDS as KUBEADM_KINDS
from fairlead.base import yaml as goyaml
from fairlead.base.objects import Json
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.server.server import ApiServer

NAMESPACE = "demo-rejections"
OURS = ("cluster-", "md-", "machine-", "mhc-", "clusterclass-", "unknown-field")
SHARED = os.environ.get("FAIRLEAD_SHARED")


def _cases(file: str) -> list[Any]:
    if not SHARED:
        return []
    path = Path(SHARED) / "fixtures" / "traces" / file
    cases = json.loads(path.read_text()) if path.exists() else []
    return [pytest.param(case, id=case["name"]) for case in cases if case["name"].startswith(OURS)]


pytestmark = pytest.mark.skipif(not SHARED, reason="FAIRLEAD_SHARED names no folder of shared fixtures")


async def _call(server: ApiServer, request: Json) -> tuple[int, Json]:
    path, _, query = request["path"].partition("?")
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": json.dumps(request.get("body")).encode(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": request["method"],
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"content-type", request.get("contentType", "application/json").encode())],
        "state": {"peer": ("admin", ("system:masters",))},
    }
    await server.asgi(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(each.get("body", b"") for each in sent))


def _ask(request: Json) -> tuple[int, Json]:
    """Make one request against the objects of the traces' manifest, the Cluster paused."""

    async def main() -> tuple[int, Json]:
        kinds = (*CLUSTER_KINDS, *KUBEADM_KINDS, *ADDON_KINDS, *VSPHERE_KINDS)
        server = ApiServer(LoopClock(), Ids(1), kinds)
        await server.start()
        client = server.client()
        await client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        manifest = Path(SHARED or "") / "fixtures" / "traces" / "cluster-1x2.yaml"
        for obj in goyaml.load_all(manifest.read_text()):
            assert isinstance(obj, dict)
            obj["metadata"]["namespace"] = NAMESPACE
            if obj["kind"] == "Cluster":
                obj["spec"]["paused"] = True
            await client.create(obj, field_manager="kubectl")
        try:
            return await _call(server, request)
        finally:
            await server.stop()

    return run_virtual(main())


def _unordered(status: Json) -> Json:
    """Without the order in which the schema's errors are told: upstream walks a Go map."""
    head, _, listed = status["message"].partition(": [")
    causes = (status.get("details") or {}).get("causes") or []
    return {
        **status,
        "message": (head, sorted(listed.rstrip("]").split(", "))),
        "details": {**(status.get("details") or {}), "causes": sorted(causes, key=lambda cause: str(cause["field"]))},
    }


@pytest.mark.parametrize("case", _cases("13-rejections.json"))
def test_refused_with_the_same_status(case: Json) -> None:
    """The Status is upstream's: code, reason, message and causes."""
    code, status = _ask(case["request"])
    assert _unordered(status) == _unordered(case["status"])
    assert code == case["status"]["code"]


@pytest.mark.parametrize("case", _cases("13-accepted.json"))
def test_accepted_as_upstream_does(case: Json) -> None:
    """What one might expect to be refused, and is not."""
    code, body = _ask(case["request"])
    assert code == case["code"], body
