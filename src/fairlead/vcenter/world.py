"""What an operation works on: the inventory, the hour, the dice, and the faults that were armed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from fairlead.vcenter.clock import Dice
from fairlead.vcenter.inventory import Inventory


class FaultKind(StrEnum):
    """Faults that can be armed, by the name the command line and the tests use."""

    TASK = "task-failure"  # the next matching task fails
    SLOW = "slow-task"  # the next matching task takes `factor` times as long, plus a minute
    DATASTORE_FULL = "datastore-full"  # no datastore that matches takes another byte
    SESSION = "session-expired"  # all sessions end at the next call
    NO_DHCP = "no-dhcp"  # guests that match get no address; honoured by whoever hands out addresses
    REFUSE = "refuse-call"  # the next matching call is refused (NoPermission)


@dataclass(slots=True)
class ArmedFault:
    """One armed fault.

    `match` is part of the operation (`VirtualMachine.clone`), object name or datastore name; empty matches all.
    `count` uses, -1 for as long as it is armed; `chance` is drawn from the simulator's dice at each use.
    """

    kind: FaultKind
    match: str = ""
    count: int = 1
    chance: float = 1.0
    factor: float = 10.0
    fault: str = "SystemError"
    message: str = "A general system error occurred: injected fault"


@dataclass(slots=True)
class World:
    """The state that operations change."""

    inventory: Inventory
    dice: Dice
    now: Callable[[], datetime]
    armed: list[ArmedFault] = field(default_factory=list)

    def strike(self, kind: FaultKind, *names: str) -> ArmedFault | None:
        """Use up one armed fault of that kind that matches one of *names*; None when there is none."""
        for fault in self.armed:
            if fault.kind is not kind or (fault.match and not any(fault.match in name for name in names)):
                continue
            if fault.chance < 1.0 and self.dice.random() >= fault.chance:
                continue
            if fault.count > 0:
                fault.count -= 1
                if fault.count == 0:
                    self.armed.remove(fault)
            return fault
        return None
