"""The program in one process: its parts with their sockets, its data folder, and the order in which all that starts.

embedded API ─┐                        ┌─ simulated vCenter with guests, SOAP, the door to workload clusters
              ├─ controllers ── either ┤
kubeconfig ───┘                        └─ a real vCenter, workload clusters over HTTPS
                   │
                Git server
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.app.folder import DataFolder
from fairlead.app.settings import HOST, Ports, Settings, StartError, VCenterAccess
from fairlead.app.storages import DatabaseStorages, NoStorages, Storages
from fairlead.app.surroundings import Surroundings
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json
from fairlead.runtime.client import Client
from fairlead.runtime.clock import WallClock
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import KeyPool
from fairlead.server.storage import StorageError
from fairlead.vcenter.layout import Layout

if TYPE_CHECKING:
    import socket

    from fairlead.api.kind import Kind
    from fairlead.app.controllers import Controllers
    from fairlead.app.simulation import Simulation
    from fairlead.runtime.cache import CachedClient
    from fairlead.runtime.controller import Controller
    from fairlead.runtime.remote import Dialer
    from fairlead.server.listener import Listener
    from fairlead.server.webhooks import Webhooks
    from fairlead.vcenter.soap.certificate import Certificate
    from fairlead.vsphere.port import Connector

REPOSITORY = "fleet"
VERSION = re.compile(r"v\d+\.\d+\.\d+")


class Program:
    """One run. After `start`, `endpoints` says where everything is; `stop` takes it down in the reverse order."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = WallClock()
        self.folder = DataFolder(settings.folder, ephemeral=settings.ephemeral)
        self.endpoints: Json = {}
        self.client: Client
        self.simulation: Simulation | None = None
        self.controllers: Controllers
        self.marks: dict[str, float] = {}  # what was reached -> time.monotonic() then
        self._keys = KeyPool()
        self._on_supervisor = False  # whether a cluster that was given has VM Operator
        self._stack = contextlib.AsyncExitStack()
        self._ports = Ports()

    async def start(self) -> None:
        """Bring everything up. Raises: StartError, with everything taken down again."""
        try:
            await self._start()
        except BaseException as error:
            await self.stop()
            if isinstance(error, StorageError):
                raise StartError(str(error)) from error
            raise

    async def stop(self) -> None:
        """Take everything down."""
        await self._stack.aclose()

    async def _start(self) -> None:
        self.folder.take()
        self._stack.callback(self.folder.leave)
        self.folder.check_repository()
        self.folder.check_database()
        self._ports = self.folder.ports(self.settings.ports)
        self._keys.start()
        self._stack.callback(self._keys.close)
        storages: Storages = NoStorages() if self.settings.ephemeral else DatabaseStorages(self.folder.database)
        surroundings = Surroundings(clock=self.clock, ids=Ids(), keys=self._keys, storages=storages)
        listener = self._listener()
        api = await self._management(surroundings, listener)
        self._mark("management API")
        git_port = await self._git(listener)
        await self._infrastructure(surroundings, git_port)
        self._mark("sources and vCenter")
        self.folder.keep_ports(self._ports)
        self.endpoints = {"api": api, "kubeconfig": str(self.folder.kubeconfig.absolute()), **self.endpoints}
        self.folder.write_endpoints(self.endpoints)

    def _mark(self, name: str) -> None:
        self.marks[name] = time.monotonic()

    def _listener(self) -> Listener:
        from fairlead.server.listener import Listener

        listener = Listener(HOST)
        self._stack.push_async_callback(listener.close)
        return listener

    # The management cluster.

    async def _management(self, surroundings: Surroundings, listener: Listener) -> str:
        """Have a client of the management cluster; returns the API's URL."""
        if self.settings.kubeconfig is not None:
            return await self._external(self.settings.kubeconfig)
        from fairlead.app.management import management_server
        from fairlead.server.listener import Face
        from fairlead.server.pki import kubeconfig

        now = self.clock.now()
        authority = self.folder.authority(self.clock)
        server = management_server(surroundings, authority.certificate, self._lab_kinds())
        await server.start()
        self._stack.push_async_callback(server.stop)
        self.client = server.client()
        pair = authority.issue_server(("localhost", HOST, "kubernetes.default.svc"), now)
        face = Face(server.asgi, pair, authority.certificate)
        port = await self._open(listener.open(face, self._ports.api), "api", self._ports.api)
        url = f"https://{HOST}:{port}"
        admin = authority.issue_client("admin", ("system:masters",), now)
        text = goyaml.dump(kubeconfig("fairlead", url, authority.certificate, pair=admin))
        self.folder.write_kubeconfig(text)
        return url

    def _lab_kinds(self) -> tuple[Kind, ...]:
        """The lab is a supervisor, too; with a real vCenter nobody would make what these kinds ask for."""
        if self.settings.vcenter is not None:
            return ()
        from fairlead.app.supervisor import LAB_KINDS

        return LAB_KINDS

    async def _external(self, path: Path) -> str:
        """Use the cluster that a kubeconfig names; its API gets our kinds first, and asks here for their rules."""
        from fairlead.api.errors import ApiError
        from fairlead.app.definitions import install_kinds, own_address
        from fairlead.app.kinds import KINDS
        from fairlead.app.supervisor import SUPERVISOR_KINDS, VM_OPERATOR_KINDS, has_vm_operator
        from fairlead.runtime.http import HttpClient
        from fairlead.runtime.kubeconfig import KubeconfigError, load_access

        try:
            text = await asyncio.to_thread(path.read_text)
            access = load_access(path)
            host = await asyncio.to_thread(own_address, access.server)
            client = HttpClient(access)
            self._stack.push_async_callback(client.close)
            url = f"https://{host}"
            self._on_supervisor = await has_vm_operator(client)
            kinds = (*KINDS, *SUPERVISOR_KINDS) if self._on_supervisor else KINDS
            rules, url, authority = await self._webhooks(host, kinds)
            await install_kinds(client, self.clock, url, authority, kinds)
        except (KubeconfigError, OSError) as error:
            raise StartError(f"cannot use the kubeconfig '{path}': {error}") from error
        except ApiError as error:
            raise StartError(
                f"cannot use the management cluster of '{path}': {error.message}; check that it answers, that the user "
                f"may create CustomResourceDefinitions and webhook configurations, and that it can call {url}"
            ) from error
        read = (*kinds, *VM_OPERATOR_KINDS) if self._on_supervisor else kinds
        self.client = cached = await self._cached(client, [kind.gvk for kind in read])
        rules.look_at(cached)
        self.folder.write_kubeconfig(text)
        return access.server

    async def _cached(self, client: Client, kinds: Iterable[GVK]) -> CachedClient:
        """*client* with the kinds that controllers read all the time in memory."""
        from fairlead.runtime.cache import CachedClient

        cached = CachedClient(client, self.clock, (*kinds, GVK("", "v1", "Secret")))
        task = asyncio.get_running_loop().create_task(cached.run(), name="cache")

        async def stop() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._stack.push_async_callback(stop)
        await cached.synced()
        return cached

    async def _webhooks(self, host: str, kinds: Iterable[Kind]) -> tuple[Webhooks, str, str]:
        """Serve the kinds' rules on *host*; returns what answers, its URL and the authority of its certificate."""
        from fairlead.server.listener import Face, Listener
        from fairlead.server.webhooks import Webhooks

        authority = self.folder.authority(self.clock)
        listener = Listener(host)
        self._stack.push_async_callback(listener.close)
        rules = Webhooks(kinds)
        port = await listener.open(Face(rules, authority.issue_server((host,), self.clock.now())))
        return rules, f"https://{host}:{port}", authority.certificate

    async def _open(self, opening: object, name: str, port: int) -> int:
        try:
            found: int = await opening  # type: ignore[misc]  # an awaitable of a port
        except OSError as error:
            raise StartError(
                f"cannot listen on {HOST}:{port} for the {name} port: {os.strerror(error.errno or 0)}; stop what "
                f"listens there, or choose another port with --{name}-port"
            ) from error
        self._ports = Ports(**{**{n: getattr(self._ports, n) for n in Ports.__slots__}, name: found})
        return found

    # The repository.

    async def _git(self, listener: Listener) -> int:
        """Serve the repository; returns its port."""
        from fairlead.app.firstobjects import wake_sources
        from fairlead.lab.git import GitServer
        from fairlead.lab.repository import RepositoryError, prepare

        try:
            prepare(self.folder.repository, self.settings.fleet, self.clock.now())
        except RepositoryError as error:
            raise StartError(str(error)) from error

        async def pushed(references: list[str]) -> None:
            await wake_sources(self.client, self.clock, self.endpoints["git"])

        server = GitServer(self.folder.repository, REPOSITORY, pushed)
        port = await self._open(listener.open_plain(server, self._ports.git), "git", self._ports.git)
        self.endpoints["git"] = f"http://{HOST}:{port}/{REPOSITORY}.git"
        return port

    # The infrastructure.

    async def _infrastructure(self, surroundings: Surroundings, git_port: int) -> None:
        """Have a vCenter, run the controllers against it, and write the first objects."""
        from fairlead.app.firstlogin import check_vcenter
        from fairlead.app.firstobjects import write_first_objects

        if self.settings.vcenter is not None:
            access = self.settings.vcenter
            connector, dialer = self._outside()
            await check_vcenter(connector, access, self.client)
            self.endpoints["vcenter"] = {"url": access.server, "username": access.username, "password": ""}
            self.endpoints["inventory"] = {}
            await self._run_controllers(surroundings, connector, dialer, self._supervisor())
            await write_first_objects(self.client, access, self.endpoints["git"])
            return
        soap, certificate = self._vcenter_socket()
        user = self.settings.layout.users[0]
        address = f"{HOST}:{self._ports.vcenter}"
        access = VCenterAccess(address, user.name, user.password, certificate.thumbprint())
        simulation = self.simulation = await self._simulate(surroundings)
        await self._workloads(simulation)
        connector = _connector(simulation, self._ports.vcenter, certificate)
        await self._run_controllers(surroundings, connector, simulation.network, self._supervisor(simulation))
        await write_first_objects(self.client, access, self.endpoints["git"])
        await self._serve_soap(simulation, soap, certificate)
        self.endpoints["vcenter"] = {"url": f"https://{address}/sdk", "username": user.name, "password": user.password}
        self.endpoints["inventory"] = inventory_of(self.settings.layout)

    def _outside(self) -> tuple[Connector, Dialer]:
        from fairlead.runtime.dialing import HttpDialer
        from fairlead.vsphere.pyvmomi.connector import PyvmomiConnector

        return PyvmomiConnector(), HttpDialer(self.clock)

    def _supervisor(self, simulation: Simulation | None = None) -> list[Controller]:
        """The controllers of supervisor mode, where the management cluster is a supervisor or the lab plays one."""
        if self.settings.kubeconfig is None and simulation is not None:
            from fairlead.app.supervisor import lab_supervisor

            controllers, sessions = lab_supervisor(self.client, self.clock, simulation, self.settings.layout)
            self._stack.push_async_callback(sessions.close)
            return controllers
        if not self._on_supervisor:
            return []
        from fairlead.controllers.supervisor.family import supervisor_controllers

        return supervisor_controllers(client=self.client, clock=self.clock)

    async def _run_controllers(
        self, surroundings: Surroundings, connector: Connector, dialer: Dialer, more: Iterable[Controller]
    ) -> None:
        from fairlead.app.controllers import Controllers

        self.controllers = Controllers(self.client, surroundings, connector, dialer, more)
        self.controllers.start()
        self._stack.push_async_callback(self.controllers.stop)

    async def _simulate(self, surroundings: Surroundings) -> Simulation:
        from fairlead.app.simulation import Simulation
        from fairlead.vcenter.layout import LayoutError

        simulation = Simulation(
            clock=self.clock,
            ids=surroundings.ids,
            dice=surroundings.dice,
            storages=surroundings.storages,
            layout=self.settings.layout,
            boot=self.settings.boot,
        )
        try:
            await simulation.start()
        except LayoutError as error:
            raise StartError(str(error)) from error
        self._stack.push_async_callback(simulation.stop)
        return simulation

    async def _workloads(self, simulation: Simulation) -> None:
        from fairlead.lab.front import Front

        front = Front(simulation.network, self.clock, self._listener())
        port = await self._open(front.open(self._ports.workloads), "workloads", self._ports.workloads)
        self.endpoints["workloads"] = f"{HOST}:{port}"

    def _vcenter_socket(self) -> tuple[socket.socket, Certificate]:
        from fairlead.vcenter.soap.listening import bound

        try:
            listener = bound(HOST, self._ports.vcenter)
        except OSError as error:
            raise StartError(
                f"cannot listen on {HOST}:{self._ports.vcenter} for the vCenter: {error.strerror}; stop what listens "
                "there, or choose another port with --vcenter-port"
            ) from error
        self._stack.callback(listener.close)
        names = {name: getattr(self._ports, name) for name in Ports.__slots__}
        self._ports = Ports(**{**names, "vcenter": listener.getsockname()[1]})
        return listener, self.folder.vcenter_certificate(self.clock)

    async def _serve_soap(self, simulation: Simulation, listener: socket.socket, certificate: Certificate) -> None:
        """pyVmomi's types take longer to load than all the rest: that happens in a thread, while clusters come up."""

        def load() -> type[SoapServer]:
            from fairlead.vcenter.soap.server import SoapServer

            return SoapServer

        if TYPE_CHECKING:
            from fairlead.vcenter.soap.server import SoapServer
        made = await asyncio.get_running_loop().run_in_executor(None, load)
        from fairlead.server.bounded import BoundedProtocol

        server = made(
            simulation.vcenter,
            certificate=certificate,
            settled=simulation.settled,
            listener=listener,
            http=BoundedProtocol,
        )
        await server.start()
        self._stack.push_async_callback(server.stop)


def _connector(simulation: Simulation, port: int, certificate: Certificate) -> Connector:
    """The simulated vCenter under its own addresses, without a wire; any other address is a real vCenter."""
    from fairlead.app.connecting import OwnFirst
    from fairlead.lab.vcenter import DirectConnector

    hosts = (f"{HOST}:{port}", f"localhost:{port}")
    thumbprints = (certificate.thumbprint("sha256"), certificate.thumbprint("sha1"))
    return OwnFirst(DirectConnector(simulation.vcenter, hosts, thumbprints), hosts)


def inventory_of(layout: Layout) -> Json:
    """The names that manifests need, from the first datacenter of the inventory."""
    datacenter = layout.datacenters[0]
    cluster = datacenter.clusters[0].name if datacenter.clusters else ""
    templates = {found.group(): t.name for t in datacenter.templates if (found := VERSION.search(t.name))}
    return {
        "datacenter": datacenter.name,
        "datastore": _first(d.name for d in datacenter.datastores),
        "network": _first(n.name for n in datacenter.networks),
        "resourcePool": f"/{datacenter.name}/host/{cluster}/Resources",
        "folder": f"/{datacenter.name}/vm",
        "templates": templates,
    }


def _first(names: Iterable[str]) -> str:
    return next(iter(names), "")
