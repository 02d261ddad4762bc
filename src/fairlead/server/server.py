"""One Kubernetes API server: a store, a registry and what happens by itself. Cheap enough for a thousand in a process.

The in-process client (`client`) and the ASGI application (`asgi`) are two faces of the same objects.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from fairlead.api.errors import service_unavailable
from fairlead.api.kind import Kind
from fairlead.base.objects import Json, Key
from fairlead.server import installing
from fairlead.server.asgi import Application
from fairlead.server.authorization import Authorizer
from fairlead.server.identity import Authenticator
from fairlead.server.installing import Kinds
from fairlead.server.local import LocalClient
from fairlead.server.objects import Clock, Ids, Objects
from fairlead.server.registry import Registry, Resource, built_in, kind_resource
from fairlead.server.request import Request
from fairlead.server.selection import Selection
from fairlead.server.special import PodCall
from fairlead.server.storage import MemoryStorage, Storage
from fairlead.server.store import HISTORY_LIMIT, Store
from fairlead.server.watching import WatchStream

NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
VERSION = "v1.36.3"

log = logging.getLogger(__name__)


class ApiServer:
    """An API server; `start` it inside a running loop."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        kinds: Sequence[Kind] = (),
        storage: Storage | None = None,
        *,
        root_ca: str = "",
        version: str = VERSION,
        history_limit: int = HISTORY_LIMIT,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self.version = version  # what the server says it is: a workload cluster has its own
        self._kinds = Kinds(tuple(kinds))
        self.registry = Registry()
        self.store = Store(storage or MemoryStorage(), history_limit)
        self.objects = Objects(self.store, self.registry, clock, ids, self._kinds)
        self.objects.housekeeping.root_ca = root_ca
        self.authenticator = Authenticator()
        self.authorizer = Authorizer(self.store)
        self.pod_calls: dict[str, PodCall] = {}  # how to serve log, exec and the like; without one they are refused
        self.issue_token: Callable[[Key, Json], Json] | None = None  # how to answer a TokenRequest
        self.asgi = Application(self)
        self._streams: set[WatchStream] = set()
        self._open = False

    async def start(self) -> None:
        """Read the storage, install the kinds, make the first namespaces, and serve."""
        if self._open:
            return
        self.store.open()
        self._begin()
        await self.store.settled(self.store.revision)

    def _begin(self) -> None:
        self._open = True
        self.store.observer = self.objects.housekeeping.notice
        self._serve_definitions()
        self._install_kinds()
        self._bootstrap()
        self.objects.housekeeping.start()

    async def stop(self) -> None:
        """End all watches and make everything durable."""
        if not self._open:
            return
        self._open = False
        self.objects.housekeeping.running = False
        for stream in list(self._streams):
            stream.fail(service_unavailable("the API server is shutting down"))
        await self.store.close()

    def fork(self, clock: Clock | None = None, ids: Ids | None = None) -> ApiServer:
        """An independent server in memory with the same objects, ready to be used; needs a running loop."""
        twin = ApiServer(clock or self._clock, ids or self._ids, tuple(self._kinds), version=self.version)
        twin.registry = self.registry.copy()
        twin.store = self.store.fork()
        twin.objects = Objects(twin.store, twin.registry, twin._clock, twin._ids, twin._kinds)
        twin.authorizer = Authorizer(twin.store)
        twin.objects.housekeeping.root_ca = self.objects.housekeeping.root_ca
        twin._open = True
        twin.store.observer = twin.objects.housekeeping.notice
        twin.objects.housekeeping.start()
        return twin

    # -- first objects ------------------------------------------------------------------------------------------

    def _serve_definitions(self) -> None:
        for record in self.store.select(installing.IDENT):
            self.registry.add(installing.resource_of(record.view, self._kinds))
            if record.deleting:
                self.objects.housekeeping.definition_leaves(record)

    def _install_kinds(self) -> None:
        """Store the definition of every typed kind that is not there, or is another than the program's."""
        for kind in self._kinds:
            definition, resource = kind_resource(kind)
            self.registry.add(resource)
            installing.install(definition, self.objects)

    def _bootstrap(self) -> None:
        namespaces = built_in("", "namespaces")
        for name in NAMESPACES:
            if self.store.get("namespaces", Key("", name)) is None:
                self._create(namespaces, {"metadata": {"name": name}})

    def _create(self, resource: Resource, obj: Json) -> None:
        version = resource.storage
        full = {"apiVersion": resource.api_version(version), "kind": resource.kind, **obj}
        request = Request(user="system:apiserver", manager="kube-apiserver")
        self.objects.create(resource, version, full, (obj["metadata"]).get("namespace", ""), request)

    # -- faces --------------------------------------------------------------------------------------------------

    def client(
        self, user: str = "system:admin", groups: Sequence[str] = ("system:masters",), manager: str = "fairlead"
    ) -> LocalClient:
        """An in-process client in the name of *user*; *manager* is its default field manager."""
        return LocalClient(self, user, tuple(groups), manager)

    def version_info(self) -> Json:
        """What `/version` says."""
        major, minor = self.version.removeprefix("v").split(".")[:2]
        return {
            "major": major,
            "minor": minor,
            "gitVersion": self.version,
            "gitCommit": "",
            "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "",
            "compiler": "",
            "platform": "linux/amd64",
        }

    def check_open(self) -> None:
        """Raises: ApiError ServiceUnavailable before `start` and after `stop`."""
        if not self._open:
            raise service_unavailable("the API server is not running")

    def open_stream(self, selection: Selection) -> WatchStream:
        """Begin a watch that ends with the server."""
        stream = WatchStream(self.store, selection)
        self._streams.add(stream)
        return stream

    def close_stream(self, stream: WatchStream) -> None:
        """End a watch."""
        stream.close()
        self._streams.discard(stream)
