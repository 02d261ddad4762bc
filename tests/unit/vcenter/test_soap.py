"""The SOAP face, spoken to by the stock pyVmomi client over HTTPS on loopback."""

import asyncio
import random
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from pyVmomi import SoapStubAdapter, vim, vmodl

from fairlead.runtime.clock import WallClock
from fairlead.vcenter.faults import VimFault
from fairlead.vcenter.model import VM, Guest
from fairlead.vcenter.simulator import VCenter
from fairlead.vcenter.soap import properties, specs, wire
from fairlead.vcenter.soap.server import SoapServer

query = vmodl.query.PropertyCollector
TEMPLATE = "DC0/vm/ubuntu-2404-kube-v1.35.0"


def insecure() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def served(test: Callable[[VCenter, SoapServer, Any], None], *, login: bool = True) -> None:
    """Run *test* in a thread beside a served vCenter, with a client that is logged in."""

    async def main() -> None:
        vcenter = VCenter(WallClock(), random.Random(9))
        server = SoapServer(vcenter)
        await server.start()

        def run() -> None:
            host, _, port = server.address.partition(":")
            stub = SoapStubAdapter(host=host, port=int(port), sslContext=insecure(), version="vim.version.v8_0_3_0")
            content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
            if login:
                content.sessionManager.Login("administrator@vsphere.local", "fairlead", None)
            try:
                test(vcenter, server, content)
            finally:
                stub.DropConnections()

        try:
            await asyncio.to_thread(run)
        finally:
            await server.stop()
            await vcenter.stop()

    asyncio.run(main())


def vm_filter(content: Any, *paths: str) -> Any:
    """Return a filter spec over all VMs of a container view."""
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    inside = query.TraversalSpec(name="view", type=type(view), path="view", skip=False)
    return query.FilterSpec(
        objectSet=[query.ObjectSpec(obj=view, skip=True, selectSet=[inside])],
        propSet=[query.PropertySpec(type=vim.VirtualMachine, pathSet=list(paths))],
    )


def test_without_login_only_the_content_is_told() -> None:
    def check(vcenter: VCenter, server: SoapServer, content: Any) -> None:
        with pytest.raises(vim.fault.NotAuthenticated):
            content.searchIndex.FindByInventoryPath(TEMPLATE)
        with pytest.raises(vim.fault.InvalidLogin):
            content.sessionManager.Login("administrator@vsphere.local", "wrong", None)

    served(check, login=False)


def test_properties_as_attributes() -> None:
    """A client that walks objects by attributes sees typed values."""

    def check(vcenter: VCenter, server: SoapServer, content: Any) -> None:
        vm = content.searchIndex.FindByInventoryPath(TEMPLATE)
        assert isinstance(vm, vim.VirtualMachine)
        assert vm.config.template is True
        assert vm.runtime.powerState == "poweredOff"
        assert vm.datastore[0].summary.capacity == 10240 << 30
        assert [d.macAddress for d in vm.config.hardware.device if isinstance(d, vim.vm.device.VirtualVmxnet3)]
        assert vm.parent.parent.name == "DC0"
        assert [f.name for f in content.rootFolder.childEntity] == ["DC0"]

    served(check)


def test_lists_come_in_pages() -> None:
    def check(vcenter: VCenter, server: SoapServer, content: Any) -> None:
        collector = content.propertyCollector
        page = collector.RetrievePropertiesEx([vm_filter(content, "name")], query.RetrieveOptions(maxObjects=2))
        names = []
        while page is not None:
            assert len(page.objects) <= 2
            names += [o.propSet[0].val for o in page.objects]
            page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
        assert len(names) == 5

    served(check)


def test_unknown_property_is_a_fault() -> None:
    def check(vcenter: VCenter, server: SoapServer, content: Any) -> None:
        with pytest.raises(vmodl.query.InvalidProperty) as caught:
            content.propertyCollector.RetrievePropertiesEx([vm_filter(content, "nope")], query.RetrieveOptions())
        assert caught.value.name == "nope"

    served(check)


def test_updates_are_told_once() -> None:
    """First all objects, then only what changed, then nothing until the wait is over."""

    def check(vcenter: VCenter, server: SoapServer, content: Any) -> None:
        collector = content.propertyCollector
        collector.CreateFilter(vm_filter(content, "name", "config.template", "config.annotation"), False)
        first = collector.WaitForUpdatesEx("", query.WaitOptions(maxWaitSeconds=5))
        assert [o.kind for o in first.filterSet[0].objectSet] == ["enter"] * 5
        vm = content.searchIndex.FindByInventoryPath(TEMPLATE)
        vm.ReconfigVM_Task(vim.vm.ConfigSpec(annotation="seen"))
        second = collector.WaitForUpdatesEx(first.version, query.WaitOptions(maxWaitSeconds=5))
        (update,) = second.filterSet[0].objectSet
        assert (update.kind, update.obj) == ("modify", vm)
        assert [(c.name, c.val) for c in update.changeSet] == [("config.annotation", "seen")]
        assert collector.WaitForUpdatesEx(second.version, query.WaitOptions(maxWaitSeconds=0)) is None
        with pytest.raises(vmodl.query.InvalidCollectorVersion):
            collector.WaitForUpdatesEx("99", query.WaitOptions(maxWaitSeconds=0))

    served(check)


def test_clone_without_a_location_is_a_fault() -> None:
    """A required part that a request leaves out is named; it is no error of the service."""
    inventory = VCenter(WallClock(), random.Random(9)).inventory
    template = inventory.by_path(TEMPLATE)
    assert isinstance(template, VM)
    for spec in (None, vim.vm.CloneSpec(powerOn=False, template=False)):
        with pytest.raises(VimFault) as caught:
            specs.clone(template.id, vim.Folder(template.parent), "x", spec, inventory)
        assert caught.value.fault.name == "InvalidArgument"


def test_gone_object_is_a_fault() -> None:
    def check(vcenter: VCenter, server: SoapServer, content: Any) -> None:
        with pytest.raises(vmodl.fault.ManagedObjectNotFound) as caught:
            vim.VirtualMachine("vm-999", content.rootFolder._stub).PowerOffVM_Task()
        assert caught.value.obj._moId == "vm-999"

    served(check)


FILE_ENTITY = (
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><Login xmlns="urn:vim25">'
    b'<_this type="SessionManager">SessionManager</_this><userName>&x;</userName><password>x</password></Login>'
    b"</e:Body></e:Envelope>"
)


@pytest.mark.parametrize(
    "body",
    [b"", b"<a/>", b"not xml", b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', FILE_ENTITY, b"<a>" * 10_000],
    ids=["empty", "no-envelope", "text", "entity", "file", "deep"],
)
def test_bad_requests_are_refused(body: bytes) -> None:
    """What is no SOAP request is answered with 400, and the service goes on."""

    def check(vcenter: VCenter, server: SoapServer, content: Any) -> None:
        request = urllib.request.Request(f"{server.url}/sdk", data=body, method="POST")
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, context=insecure(), timeout=10)
        assert caught.value.code == 400
        caught.value.close()
        assert content.sessionManager.currentSession.userName == "administrator@vsphere.local"

    served(check)


def test_quick_values_are_the_slow_ones() -> None:
    """Each value with a short cut is what its whole would give, type included, with and without a guest."""

    async def main() -> None:
        vcenter = VCenter(WallClock(), random.Random(9))
        sight = properties.Sight(vcenter, None, {})
        template = vcenter.inventory.by_path(TEMPLATE)
        assert isinstance(template, VM)
        guest = Guest(hostname="a", ips={4000: ("192.0.2.9",)}, tools=True)
        vcenter.inventory.put(msgspec.structs.replace(template, id="vm-900", name="a", guest=guest, power="poweredOn"))
        for (kind, path), provider in sorted(properties.LEAVES.items()):
            for id_ in (template.id, "vm-900"):
                ref = wire.Ref(kind, id_)
                quick = properties.read(sight, ref, path)
                del properties.LEAVES[kind, path]
                try:
                    whole = properties.read(sight, ref, path)
                finally:
                    properties.LEAVES[kind, path] = provider
                told = [None if value is None else wire.value_xml(value) for value in (quick, whole)]
                assert told[0] == told[1], path

    asyncio.run(main())
