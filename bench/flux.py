"""What Flux's part costs: N Kustomizations of M ConfigMaps from one repository, a one-line commit, drift, and idling.

Run: python bench/flux.py [--kustomizations 50] [--objects 20]. In virtual time: CPU seconds and writes are real,
waiting costs nothing. The reference (source-controller 1.9.3, kustomize-controller 1.9.5, 50 x 20 at interval 1 m, on a
like machine) stands beside ours for that size.
"""

from __future__ import annotations

import argparse
import time

from fairlead.testing.garden import CONFIG_MAP, NAMESPACE, Garden, config_map, in_garden

REFERENCE = {"first": "27 CPU s, 1639 writes", "commit": "22 CPU s, 460 writes", "idle": "25 CPU s, 452 writes"}


class Meter:
    """CPU time and writes since the last look."""

    def __init__(self, garden: Garden, with_reference: bool) -> None:
        self._garden = garden
        self._with_reference = with_reference
        self.start()

    def start(self) -> None:
        self._cpu, self._revision = time.process_time(), self._garden.revision

    def show(self, what: str, key: str = "") -> None:
        cpu, writes = time.process_time() - self._cpu, self._garden.revision - self._revision
        beside = f"   (reference {REFERENCE[key]})" if key and self._with_reference else ""
        print(f"{what:44}{cpu:8.2f} CPU s {writes:8d} writes{beside}")
        self.start()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kustomizations", type=int, default=50)
    parser.add_argument("--objects", type=int, default=20)
    options = parser.parse_args()
    count, objects = options.kustomizations, options.objects

    async def scenario(garden: Garden) -> None:
        files = {f"k{i}/c{j}.yaml": config_map(f"c{i}-{j}") for i in range(count) for j in range(objects)}
        garden.commit(files)
        meter = Meter(garden, (count, objects) == (50, 20))
        await garden.source(interval="1m")
        for i in range(count):
            await garden.kustomization(f"k{i}", path=f"./k{i}", interval="1m")
        await garden.sleep(5)
        assert [(await garden.ready(f"k{i}"))[0] for i in range(count)] == ["True"] * count
        meter.show(f"first sync of {count} x {objects} objects", "first")
        garden.commit({"k0/c0.yaml": config_map("c0-0", "2")})
        await garden.pull()
        assert await garden.value("c0-0") == "2"
        meter.show("a commit that changes one line", "commit")
        await garden.client.delete(CONFIG_MAP, "c0-1", NAMESPACE)
        await garden.sleep(1)
        assert await garden.value("c0-1") == "1"
        meter.show("one object deleted and restored")
        await garden.sleep(60)
        meter.show("a minute in which nothing happens", "idle")
        await garden.world.restart()
        await garden.sleep(30)
        meter.show("a restart")

    in_garden(scenario)


if __name__ == "__main__":
    main()
