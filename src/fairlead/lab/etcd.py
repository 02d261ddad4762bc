"""A workload cluster's etcd as far as its members go: who belongs, who votes, who runs, who leads, is there quorum.

A new member learns first: until it is promoted it does not count for the quorum, as with `kubeadm join`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fairlead.runtime.remote import EtcdMember, UnreachableError


class SimulatedEtcd:
    """The member list of one workload cluster. Implements `runtime.remote.Etcd`."""

    def __init__(
        self,
        members: Iterable[EtcdMember] = (),
        on_change: Callable[[Sequence[EtcdMember]], None] = lambda members: None,
    ) -> None:
        self._members: dict[str, EtcdMember] = {member.name: member for member in members}  # by node name
        self._on_change = on_change  # told of every new member list, to keep it
        self._running: set[str] = set()
        self._leader = ""

    @property
    def leader(self) -> str:
        """The node name of the leader; empty without one."""
        return self._leader

    @property
    def has_quorum(self) -> bool:
        """Whether more than half of the voting members run."""
        voting = self._voting()
        return sum(name in self._running for name in voting) * 2 > len(voting)

    def has_member(self, node: str) -> bool:
        """Whether *node* belongs to the cluster."""
        return node in self._members

    def join(self, node: str, address: str, member_id: int, *, learner: bool = False) -> None:
        """*node* becomes a running member; the member of that name and address that is there already only runs again.

        At another address it is a new machine, whose disk is empty: it takes the place of the member it replaces.
        """
        peers = (f"https://{address}:2380",)
        if node not in self._members or self._members[node].peer_urls != peers:
            self._members[node] = EtcdMember(member_id, node, peers, is_learner=learner)
            self._on_change(tuple(self._members.values()))
        self.start(node)

    def other_learner(self, node: str) -> str:
        """The member, other than *node*, that learns: there can be one at a time. Empty when there is none."""
        return next((name for name, member in self._members.items() if member.is_learner and name != node), "")

    def promote(self, node: str) -> bool:
        """The running learner *node* votes from now on; returns False when it is no member any more."""
        member = self._members.get(node)
        if member is None:
            return False
        if member.is_learner:
            self._members[node] = replace(member, is_learner=False)
            self._on_change(tuple(self._members.values()))
            self._elect()
        return True

    def start(self, node: str) -> None:
        """The member's process runs."""
        self._running.add(node)
        self._elect()

    def stop(self, node: str) -> None:
        """The member's process does not run any more; it still counts for the quorum."""
        self._running.discard(node)
        self._elect()

    async def members(self) -> Sequence[EtcdMember]:
        self._require_quorum()
        return tuple(self._members.values())

    async def remove_member(self, member_id: int) -> None:
        self._require_quorum()
        for name, member in list(self._members.items()):
            if member.id == member_id:
                del self._members[name]
                self._running.discard(name)
                self._on_change(tuple(self._members.values()))
        self._elect()

    async def move_leader(self, member_id: int, *, away_from: str = "") -> None:
        self._require_quorum()
        if away_from and self._leader != away_from:
            return
        self._leader = next((name for name in self._voting() if self._members[name].id == member_id), self._leader)

    def _voting(self) -> list[str]:
        return [name for name, member in self._members.items() if not member.is_learner]

    def _elect(self) -> None:
        running = [name for name in self._voting() if name in self._running]
        if self._leader not in running:
            self._leader = running[0] if running else ""

    def _require_quorum(self) -> None:
        if not self.has_quorum:
            raise UnreachableError("etcdserver: no leader: fewer than half of the members run")
