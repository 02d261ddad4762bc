"""The real process, killed with SIGKILL while a cluster comes up, and started again with the same data."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from fairlead.api.clusterapi.kinds import CLUSTER, MACHINE
from fairlead.app.fleet import sample_fleet
from fairlead.app.storages import VCENTER
from fairlead.base.objects import get_in
from fairlead.runtime.conditions import is_true
from fairlead.runtime.http import HttpClient
from fairlead.runtime.kubeconfig import load_access
from fairlead.server.storage import SqliteDatabase

KILLS = 2
PATIENCE_SECONDS = 90.0


def start(folder: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "fairlead.cli.main", "up", "--data", str(folder), *more]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def endpoints(folder: Path, process: subprocess.Popen[bytes], since: float) -> dict[str, Any]:
    """Wait for the file that this run writes once everything serves."""
    path = folder / "endpoints.json"
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if path.exists() and path.stat().st_mtime >= since:
            found: dict[str, Any] = json.loads(path.read_text())
            return found
        if process.poll() is not None:
            raise AssertionError(f"the process ended: {process.communicate()[1].decode()}")
        time.sleep(0.02)
    raise AssertionError("endpoints.json was not written")


async def until_available(folder: Path) -> int:
    """Wait until the cluster is Available; how many Machines there are then."""
    client = HttpClient(load_access(folder / "kubeconfig"))
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            clusters = (await client.list(CLUSTER)).items
            machines = (await client.list(MACHINE)).items
            ready = [is_true(get_in(m, "status", "conditions"), "Ready") for m in machines]
            available = [is_true(get_in(c, "status", "conditions"), "Available") for c in clusters]
            if ready and all((*available, *ready)):
                return len(machines)
            await asyncio.sleep(0.1)
        raise AssertionError(f"not Available: {[get_in(c, 'status', 'conditions') for c in clusters]}")
    finally:
        await client.close()


def vms(folder: Path) -> list[str]:
    """The VMs in the stopped lab's vCenter."""
    database = SqliteDatabase(folder / "state.db")
    _, rows = database.load(VCENTER)
    objects = [json.loads(row.data) for row in rows if row.data and row.name.startswith("object/vm-")]
    return sorted(vm["name"] for vm in objects if not vm.get("template"))


def test_killed_for_real(tmp_path: Path) -> None:
    """After kill -9 at random moments the same ports answer, the cluster comes up, and no VM is there twice."""
    fleet = tmp_path / "fleet"
    for path, (data, _) in sample_fleet().items():
        if not path.startswith("clusters/production/harbour/"):
            (fleet / path).parent.mkdir(parents=True, exist_ok=True)
            (fleet / path).write_bytes(data)
    folder = tmp_path / "data"
    dice = random.Random(7)
    first: dict[str, Any] = {}
    for _ in range(KILLS):
        began = time.time()
        process = start(folder, "--fleet", str(fleet))
        found = endpoints(folder, process, began)
        assert first in ({}, found), "ports changed"
        first = found
        time.sleep(dice.random())
        process.kill()
        process.communicate()
    began = time.time()
    process = start(folder)
    try:
        assert endpoints(folder, process, began) == first
        second = subprocess.run(
            [sys.executable, "-m", "fairlead.cli.main", "up", "--data", str(folder)], capture_output=True, timeout=60
        )
        assert second.returncode == 1
        assert b"is running there already" in second.stderr
        machines = asyncio.run(until_available(folder))
        assert machines == 2
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0
    assert not (folder / "endpoints.json").exists()
    assert len(vms(folder)) == machines
