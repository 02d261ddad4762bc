"""The lock by which one control-plane machine initialises a cluster: a ConfigMap `<cluster>-lock`.

Source: cluster-api v1.14 bootstrap/kubeadm/pkg/locking/control_plane_init_mutex.go.
"""

import orjson

from fairlead.api.errors import ApiError
from fairlead.base import gojson
from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.controllers.contract import CLUSTER_NAME_LABEL, MACHINE, get_or_none, reference_to
from fairlead.runtime.client import Client

CONFIG_MAP = GVK("", "v1", "ConfigMap")
SUFFIX = "-lock"
_INFORMATION = "lock-information"


async def acquire(client: Client, cluster: Json, machine: str, *, manager: str) -> bool:
    """Take the lock for *machine*; returns whether it holds it now. A lock whose machine is gone is taken away."""
    meta = cluster["metadata"]
    key = Key(meta["namespace"], f"{meta['name']}{SUFFIX}")
    held = await get_or_none(client, CONFIG_MAP, key)
    if held is not None:
        holder = _holder(held)
        if holder == machine:
            return True
        if holder and await get_or_none(client, MACHINE, Key(key.namespace, holder)) is not None:
            return False
        await _delete(client, key)
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": key.name,
            "namespace": key.namespace,
            "labels": {CLUSTER_NAME_LABEL: meta["name"]},
            "ownerReferences": [reference_to(cluster)],
        },
        "data": {_INFORMATION: gojson.dumps({"machineName": machine}).decode()},
    }
    try:
        await client.create(body, field_manager=manager)
    except ApiError as error:
        if error.is_already_exists:
            return False
        raise
    return True


async def release(client: Client, cluster: Json) -> None:
    """Give the lock back; nothing happens when nobody holds it."""
    meta = cluster["metadata"]
    key = Key(meta["namespace"], f"{meta['name']}{SUFFIX}")
    if await get_or_none(client, CONFIG_MAP, key) is not None:
        await _delete(client, key)


def _holder(held: Json) -> str:
    try:
        information = orjson.loads(get_in(held, "data", _INFORMATION, default=""))
    except orjson.JSONDecodeError:
        return ""
    return str(information.get("machineName", "")) if isinstance(information, dict) else ""


async def _delete(client: Client, key: Key) -> None:
    try:
        await client.delete(CONFIG_MAP, key.name, key.namespace)
    except ApiError as error:
        if not error.is_not_found:
            raise
