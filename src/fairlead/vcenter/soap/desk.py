"""What a SOAP method works with: the service behind it and the session in front of it; and the table of methods."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fairlead.vcenter.faults import no_object, not_authenticated
from fairlead.vcenter.inventory import Inventory
from fairlead.vcenter.sessions import UserSession
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.soap.collector import Collector
from fairlead.vcenter.soap.properties import Sight
from fairlead.vcenter.soap.wire import Call, Ref
from fairlead.vcenter.tasks import apply
from fairlead.vcenter.work import Work

DEFAULT_COLLECTOR = "propertyCollector"
MAX_OWN = 2000


@dataclass(slots=True)
class Drawer:
    """What one session owns."""

    own: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, tuple[list[str], int]] = field(default_factory=dict)

    def collectors(self) -> Iterator[Collector]:
        return (x for x in list(self.own.values()) if isinstance(x, Collector))


class Desk:
    """One call's surroundings."""

    def __init__(
        self,
        vcenter: VCenter,
        session: UserSession | None,
        drawer: Drawer,
        in_thread: Callable[[Callable[[], Any]], Awaitable[Any]],
        user_agent: str,
    ) -> None:
        self.vcenter = vcenter
        self.session = session
        self.own = drawer.own
        self.pages = drawer.pages
        self.in_thread = in_thread
        self.user_agent = user_agent
        self.cookie = ""
        self._drawer = drawer
        self.sight = Sight(vcenter, session, drawer.own)

    @property
    def inventory(self) -> Inventory:
        return self.vcenter.inventory

    @property
    def user(self) -> str:
        if self.session is None:
            raise not_authenticated()
        return self.session.user

    @property
    def session_key(self) -> str:
        return self.session.key if self.session else ""

    def set_cookie(self, key: str) -> None:
        """Send the session's cookie with the answer."""
        self.cookie = key

    def new_key(self) -> str:
        """Return an id for an object of this session."""
        if len(self.own) >= MAX_OWN:
            for id_ in [k for k in self.own if k != DEFAULT_COLLECTOR][: MAX_OWN // 10]:
                del self.own[id_]
        return f"session[{self.session_key}]{self.vcenter.sessions.new_key()}"

    def collectors(self) -> Iterator[Collector]:
        return self._drawer.collectors()

    def collector(self, ref: Ref) -> Collector:
        """Return the property collector a call is for; the default one is made when first used."""
        found = self.own.get(ref.id)
        if found is None and ref.id == DEFAULT_COLLECTOR:
            found = self.own[ref.id] = Collector(ref.id)
        if not isinstance(found, Collector):
            raise no_object(ref.type, ref.id)
        return found

    def wake(self) -> None:
        """Let this session's waits look again."""
        for collector in self.collectors():
            collector.mark(())

    def submit_now(self, job: Work) -> str:
        """Do work that has no task on the wire. Raises: VimFault."""
        from fairlead.vcenter.privileges import needed

        for privilege, object_id in needed(self.inventory, job):
            self.vcenter.check(self.user, privilege, object_id)
        return apply(self.vcenter.world, job)


@dataclass(frozen=True, slots=True)
class Method:
    """A handler, whether it needs no login, and whether it only reads."""

    handler: Callable[[Desk, Call], Any]
    public: bool
    reads: bool


METHODS: dict[str, Method] = {}


def handles(
    *names: str, public: bool = False, reads: bool = False
) -> Callable[[Callable[[Desk, Call], Any]], Callable[[Desk, Call], Any]]:
    """Register the handler of SOAP methods by their wire names."""

    def register(handler: Callable[[Desk, Call], Any]) -> Callable[[Desk, Call], Any]:
        for name in names:
            METHODS[name] = Method(handler, public, reads)
        return handler

    return register
