"""The API servers of the simulated workload clusters."""

import random

import pytest

from fairlead.api.errors import ApiError
from fairlead.app.simulation import WORKLOAD_HISTORY_LIMIT, Simulation
from fairlead.app.storages import NoStorages
from fairlead.base.objects import GVK, Json
from fairlead.runtime.clock import LoopClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.virtual import run_virtual
from fairlead.vcenter.layout import DEFAULT

CONFIG_MAP = GVK("", "v1", "ConfigMap")


def _config_map(name: str) -> Json:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


def test_workload_servers_keep_a_short_history() -> None:
    """A watcher may lag by the limit; one that lags by more is told 410 Expired, and may begin anew."""

    async def main() -> None:
        simulation = Simulation(
            clock=LoopClock(), ids=Ids(1), dice=random.Random(1), storages=NoStorages(), layout=DEFAULT
        )
        server = await simulation.new_server("one")
        client = server.client()
        revision = (await client.list(CONFIG_MAP)).resource_version
        for index in range(WORKLOAD_HISTORY_LIMIT):
            await client.create(_config_map(f"m{index}"))
        first = await anext(client.watch(CONFIG_MAP, resource_version=revision))
        assert first.object["metadata"]["name"] == "m0"
        await client.create(_config_map("last"))
        with pytest.raises(ApiError) as caught:
            await anext(client.watch(CONFIG_MAP, resource_version=revision))
        assert (caught.value.code, caught.value.reason) == (410, "Expired")
        anew = await client.list(CONFIG_MAP)
        assert len(anew.items) == WORKLOAD_HISTORY_LIMIT + 1
        await server.stop()

    run_virtual(main())
