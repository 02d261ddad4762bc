"""Properties of the inventory's other objects: folders, datacenters, clusters, hosts, pools, datastores, networks.

Source: vSphere Web Services API 8.0; figures of load are made up from what is powered on.
"""

from __future__ import annotations

from typing import Any

from pyVmomi import VmomiSupport, vim

from fairlead.vcenter.inventory import Inventory
from fairlead.vcenter.model import (
    VM,
    Cluster,
    Datacenter,
    Datastore,
    DistributedPortgroup,
    DistributedSwitch,
    Entity,
    Folder,
    Host,
    Network,
    ResourcePool,
)
from fairlead.vcenter.simulator import BUILD, VERSION
from fairlead.vcenter.soap.properties import Sight, provides
from fairlead.vcenter.soap.wire import Ref, Refs

long = VmomiSupport.long
GIB = 1 << 30
MIB = 1 << 20


def ref(entity: Entity) -> Ref:
    return Ref(entity.type, entity.id)


def refs(entities: list[Any]) -> Refs:
    return Refs(ref(e) for e in entities)


def below(inventory: Inventory, start: str, kind: Any) -> list[Any]:
    """Return all objects of a type below one, breadth first."""
    found, waiting = [], [start]
    while waiting:
        for child in inventory.children(waiting.pop(0)):
            if isinstance(child, kind):
                found.append(child)
            waiting.append(child.id)
    return found


# Every managed entity.


@provides("ManagedEntity")
def name(sight: Sight, id_: str) -> Any:
    return sight.inventory.find(id_, Entity).name


@provides("ManagedEntity")
def parent(sight: Sight, id_: str) -> Any:
    entity = sight.inventory.find(id_, Entity)
    above = sight.inventory.get(entity.parent)
    return ref(above) if above else None


@provides("ManagedEntity", "overallStatus", "configStatus")
def status(sight: Sight, id_: str) -> Any:
    return vim.ManagedEntity.Status("green")


@provides("ManagedEntity", "effectiveRole")
def effective_role(sight: Sight, id_: str) -> Any:
    return VmomiSupport.GetVmodlType("int[]")([-1])


@provides("ManagedEntity", "alarmActionsEnabled")
def alarm_actions(sight: Sight, id_: str) -> Any:
    return True


@provides("ManagedEntity", "recentTask")
def recent_task(sight: Sight, id_: str) -> Any:
    mine = [t for t in sight.vcenter.tasks.all() if t.entity == id_]
    return Refs(Ref("Task", t.id) for t in mine[-10:])


# Folders and datacenters.


@provides("Folder", "childEntity")
def child_entity(sight: Sight, id_: str) -> Any:
    return refs(sight.inventory.children(id_))


@provides("Folder", "childType")
def child_type(sight: Sight, id_: str) -> Any:
    return VmomiSupport.GetVmodlType("string[]")(list(sight.inventory.find(id_, Folder).child_types))


for _name, _attribute in (
    ("vmFolder", "vm_folder"),
    ("hostFolder", "host_folder"),
    ("datastoreFolder", "datastore_folder"),
    ("networkFolder", "network_folder"),
):

    @provides("Datacenter", _name)
    def _folder(sight: Sight, id_: str, attribute: str = _attribute) -> Any:
        return Ref("Folder", getattr(sight.inventory.find(id_, Datacenter), attribute))


@provides("Datacenter", "datastore")
def datacenter_datastore(sight: Sight, id_: str) -> Any:
    dc = sight.inventory.find(id_, Datacenter)
    return refs(below(sight.inventory, dc.datastore_folder, Datastore))


@provides("Datacenter", "network")
def datacenter_network(sight: Sight, id_: str) -> Any:
    dc = sight.inventory.find(id_, Datacenter)
    return refs(below(sight.inventory, dc.network_folder, (Network, DistributedPortgroup)))


@provides("Datacenter", "configuration")
def datacenter_configuration(sight: Sight, id_: str) -> Any:
    return vim.Datacenter.ConfigInfo(defaultHardwareVersionKey="vmx-21")


# Clusters.


def cluster_hosts(sight: Sight, id_: str) -> list[Host]:
    return [h for h in sight.inventory.children(id_) if isinstance(h, Host)]


@provides("ComputeResource", "host")
def cluster_host(sight: Sight, id_: str) -> Any:
    return refs(cluster_hosts(sight, id_))


@provides("ComputeResource", "resourcePool")
def cluster_pool(sight: Sight, id_: str) -> Any:
    return Ref("ResourcePool", sight.inventory.find(id_, Cluster).pool)


@provides("ComputeResource", "environmentBrowser")
def cluster_browser(sight: Sight, id_: str) -> Any:
    return Ref("EnvironmentBrowser", f"envbrowser-{id_}")


@provides("ComputeResource", "datastore")
def cluster_datastore(sight: Sight, id_: str) -> Any:
    ids = dict.fromkeys(d for h in cluster_hosts(sight, id_) for d in h.datastores)
    return Refs(Ref("Datastore", d) for d in ids)


@provides("ComputeResource", "network")
def cluster_network(sight: Sight, id_: str) -> Any:
    ids = dict.fromkeys(n for h in cluster_hosts(sight, id_) for n in h.networks)
    return refs([e for n in ids if (e := sight.inventory.get(n))])


@provides("ClusterComputeResource", "summary")
def cluster_summary(sight: Sight, id_: str) -> Any:
    hosts = cluster_hosts(sight, id_)
    usable = [h for h in hosts if h.connected and not h.maintenance]
    return vim.ClusterComputeResource.Summary(
        totalCpu=sum(h.cpu_cores * h.cpu_mhz for h in hosts),
        totalMemory=long(sum(h.memory_mib for h in hosts) * MIB),
        numCpuCores=sum(h.cpu_cores for h in hosts),
        numCpuThreads=sum(h.cpu_threads for h in hosts),
        effectiveCpu=sum(h.cpu_cores * h.cpu_mhz for h in usable),
        effectiveMemory=long(sum(h.memory_mib for h in usable)),
        numHosts=len(hosts),
        numEffectiveHosts=len(usable),
        overallStatus="green",
        currentFailoverLevel=0,
        numVmotions=0,
    )


@provides("ClusterComputeResource", "configuration")
def cluster_configuration(sight: Sight, id_: str) -> Any:
    cluster = sight.inventory.find(id_, Cluster)
    return vim.cluster.ConfigInfo(
        dasConfig=vim.cluster.DasConfigInfo(enabled=cluster.ha),
        drsConfig=vim.cluster.DrsConfigInfo(enabled=cluster.drs),
    )


@provides("ComputeResource", "configurationEx")
def cluster_configuration_ex(sight: Sight, id_: str) -> Any:
    cluster = sight.inventory.find(id_, Cluster)
    return vim.cluster.ConfigInfoEx(
        vmSwapPlacement="vmDirectory",
        spbmEnabled=True,
        dasConfig=vim.cluster.DasConfigInfo(enabled=cluster.ha),
        drsConfig=vim.cluster.DrsConfigInfo(enabled=cluster.drs, defaultVmBehavior="fullyAutomated", vmotionRate=3),
    )


# Hosts.


@provides("HostSystem", "vm")
def host_vm(sight: Sight, id_: str) -> Any:
    return refs(sight.inventory.users(id_, VM))


@provides("HostSystem", "datastore")
def host_datastore(sight: Sight, id_: str) -> Any:
    return Refs(Ref("Datastore", d) for d in sight.inventory.find(id_, Host).datastores)


@provides("HostSystem", "network")
def host_network(sight: Sight, id_: str) -> Any:
    host = sight.inventory.find(id_, Host)
    return refs([e for n in host.networks if (e := sight.inventory.get(n))])


@provides("HostSystem", "runtime")
def host_runtime(sight: Sight, id_: str) -> Any:
    host = sight.inventory.find(id_, Host)
    return vim.host.RuntimeInfo(
        connectionState="connected" if host.connected else "disconnected",
        powerState="poweredOn",
        inMaintenanceMode=host.maintenance,
        standbyMode="none",
    )


@provides("HostSystem", "hardware")
def host_hardware(sight: Sight, id_: str) -> Any:
    host = sight.inventory.find(id_, Host)
    return vim.host.HardwareInfo(
        systemInfo=vim.host.SystemInfo(vendor="Fairlead", model="Simulated host", uuid=host.uuid),
        cpuInfo=vim.host.CpuInfo(
            numCpuPackages=2,
            numCpuCores=host.cpu_cores,
            numCpuThreads=host.cpu_threads,
            hz=long(host.cpu_mhz * 1_000_000),
        ),
        memorySize=long(host.memory_mib * MIB),
    )


@provides("HostSystem", "summary")
def host_summary(sight: Sight, id_: str) -> Any:
    host = sight.inventory.find(id_, Host)
    running = [vm for vm in sight.inventory.users(id_, VM) if vm.is_on]
    return vim.host.Summary(
        host=vim.HostSystem(host.id),
        hardware=vim.host.Summary.HardwareSummary(
            vendor="Fairlead",
            model="Simulated host",
            uuid=host.uuid,
            memorySize=long(host.memory_mib * MIB),
            cpuModel="Simulated CPU",
            cpuMhz=host.cpu_mhz,
            numCpuPkgs=2,
            numCpuCores=host.cpu_cores,
            numCpuThreads=host.cpu_threads,
            numNics=2,
            numHBAs=1,
        ),
        runtime=host_runtime(sight, id_),
        config=vim.host.Summary.ConfigSummary(
            name=host.name,
            port=902,
            vmotionEnabled=True,
            faultToleranceEnabled=False,
            product=vim.AboutInfo(
                name="VMware ESXi",
                fullName=f"VMware ESXi {VERSION} build-{BUILD}",
                vendor="VMware, Inc.",
                version=VERSION,
                build=BUILD,
                osType="vmnix-x86",
                productLineId="embeddedEsx",
                apiType="HostAgent",
                apiVersion=VERSION + ".0",
            ),
        ),
        quickStats=vim.host.Summary.QuickStats(
            overallCpuUsage=sum(100 * vm.cpus for vm in running),
            overallMemoryUsage=sum(vm.memory_mib // 2 for vm in running),
            uptime=86400,
        ),
        overallStatus="green",
        rebootRequired=False,
        managementServerIp="127.0.0.1",
    )


# Resource pools.


@provides("ResourcePool", "owner")
def pool_owner(sight: Sight, id_: str) -> Any:
    return Ref("ClusterComputeResource", sight.inventory.find(id_, ResourcePool).owner)


@provides("ResourcePool", "resourcePool")
def pool_children(sight: Sight, id_: str) -> Any:
    return refs([p for p in sight.inventory.children(id_) if isinstance(p, ResourcePool)])


@provides("ResourcePool", "vm")
def pool_vm(sight: Sight, id_: str) -> Any:
    return refs(sight.inventory.users(id_, VM))


def _pool_usage(sight: Sight, id_: str) -> tuple[Any, Any]:
    pool = sight.inventory.find(id_, ResourcePool)
    hosts = cluster_hosts(sight, pool.owner)
    mhz, memory = sum(h.cpu_cores * h.cpu_mhz for h in hosts), sum(h.memory_mib for h in hosts) * MIB
    running = [vm for vm in sight.inventory.users(id_, VM) if vm.is_on]
    usage = vim.ResourcePool.ResourceUsage

    def part(reserved: int, used: int, most: int) -> Any:
        free = long(most - reserved)
        return usage(
            reservationUsed=long(reserved),
            reservationUsedForVm=long(reserved),
            unreservedForPool=free,
            unreservedForVm=free,
            overallUsage=long(used),
            maxUsage=long(most),
        )

    cpu = part(sum(v.cpu.reservation for v in running), sum(100 * v.cpus for v in running), mhz)
    reserved = sum(v.memory.reservation for v in running) * MIB
    return cpu, part(reserved, sum(v.memory_mib // 2 for v in running) * MIB, memory)


@provides("ResourcePool", "runtime")
def pool_runtime(sight: Sight, id_: str) -> Any:
    cpu, memory = _pool_usage(sight, id_)
    return vim.ResourcePool.RuntimeInfo(cpu=cpu, memory=memory, overallStatus="green")


@provides("ResourcePool", "config")
def pool_config(sight: Sight, id_: str) -> Any:
    def part(shares: int) -> Any:
        return vim.ResourceAllocationInfo(
            reservation=long(0),
            expandableReservation=True,
            limit=long(-1),
            shares=vim.SharesInfo(shares=shares, level="normal"),
        )

    return vim.ResourceConfigSpec(entity=vim.ResourcePool(id_), cpuAllocation=part(4000), memoryAllocation=part(163840))


@provides("ResourcePool", "summary")
def pool_summary(sight: Sight, id_: str) -> Any:
    pool = sight.inventory.find(id_, ResourcePool)
    return vim.ResourcePool.Summary(
        name=pool.name, config=pool_config(sight, id_), runtime=pool_runtime(sight, id_), quickStats=None
    )


# Datastores.


@provides("Datastore", "summary")
def datastore_summary(sight: Sight, id_: str) -> Any:
    store = sight.inventory.find(id_, Datastore)
    return vim.Datastore.Summary(
        datastore=vim.Datastore(store.id),
        name=store.name,
        url=f"ds:///vmfs/volumes/{store.id}/",
        capacity=long(store.capacity_bytes),
        freeSpace=long(sight.inventory.free_bytes(store)),
        uncommitted=long(0),
        accessible=store.accessible,
        multipleHostAccess=True,
        type=store.kind,
        maintenanceMode="inMaintenance" if store.maintenance else "normal",
    )


@provides("Datastore", "info")
def datastore_info(sight: Sight, id_: str) -> Any:
    store = sight.inventory.find(id_, Datastore)
    return vim.host.VmfsDatastoreInfo(
        name=store.name,
        url=f"ds:///vmfs/volumes/{store.id}/",
        freeSpace=long(sight.inventory.free_bytes(store)),
        maxFileSize=long(64 << 40),
        timestamp=sight.vcenter.clock.now(),
        maxPhysicalRDMFileSize=long(64 << 40),
        maxVirtualRDMFileSize=long(64 << 40),
    )


@provides("Datastore", "capability")
def datastore_capability(sight: Sight, id_: str) -> Any:
    flags = [
        p.name
        for p in vim.Datastore.Capability._GetPropertyList()
        if p.type is bool and not p.flags & VmomiSupport.F_OPTIONAL
    ]
    return vim.Datastore.Capability(**dict.fromkeys(flags, True))


@provides("Datastore", "vm")
def datastore_vm(sight: Sight, id_: str) -> Any:
    return refs(sight.inventory.users(id_, VM))


@provides("Datastore", "browser")
def datastore_browser(sight: Sight, id_: str) -> Any:
    return Ref("HostDatastoreBrowser", f"browser-{id_}")


@provides("Datastore", "host")
def datastore_host(sight: Sight, id_: str) -> Any:
    return VmomiSupport.GetVmodlType("vim.Datastore.HostMount[]")(
        [
            vim.Datastore.HostMount(
                key=vim.HostSystem(h.id),
                mountInfo=vim.host.MountInfo(
                    path=f"/vmfs/volumes/{id_}", accessMode="readWrite", mounted=True, accessible=True
                ),
            )
            for h in sight.inventory.users(id_, Host)
        ]
    )


# Networks.


def _network_summary(sight: Sight, id_: str) -> Any:
    network = sight.inventory.find(id_, Entity)
    return vim.Network.Summary(
        network=Ref(network.type, id_).managed(), name=network.name, accessible=True, ipPoolName=""
    )


provides("Network", "summary")(_network_summary)


@provides("Network", "host")
def network_host(sight: Sight, id_: str) -> Any:
    return refs(sight.inventory.users(id_, Host))


@provides("Network", "vm")
def network_vm(sight: Sight, id_: str) -> Any:
    return refs(sight.inventory.users(id_, VM))


@provides("DistributedVirtualPortgroup", "key")
def portgroup_key(sight: Sight, id_: str) -> Any:
    return id_


@provides("DistributedVirtualPortgroup", "config")
def portgroup_config(sight: Sight, id_: str) -> Any:
    group = sight.inventory.find(id_, DistributedPortgroup)
    return vim.dvs.DistributedVirtualPortgroup.ConfigInfo(
        key=group.id,
        name=group.name,
        numPorts=len(sight.inventory.users(id_, VM)),
        distributedVirtualSwitch=vim.dvs.VmwareDistributedVirtualSwitch(group.switch),
        defaultPortConfig=vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy(
            vlan=vim.dvs.VmwareDistributedVirtualSwitch.VlanIdSpec(inherited=False, vlanId=group.vlan)
        ),
        type="earlyBinding",
        autoExpand=True,
        policy=vim.dvs.DistributedVirtualPortgroup.PortgroupPolicy(
            blockOverrideAllowed=True,
            shapingOverrideAllowed=False,
            vendorConfigOverrideAllowed=False,
            livePortMovingAllowed=False,
            portConfigResetAtDisconnect=True,
        ),
        configVersion="0",
        uplink=group.uplink,
    )


@provides("DistributedVirtualSwitch", "uuid")
def switch_uuid(sight: Sight, id_: str) -> Any:
    return sight.inventory.find(id_, DistributedSwitch).uuid


@provides("DistributedVirtualSwitch", "portgroup")
def switch_portgroup(sight: Sight, id_: str) -> Any:
    return refs([g for g in sight.inventory.all(DistributedPortgroup) if g.switch == id_])


@provides("DistributedVirtualSwitch", "summary")
def switch_summary(sight: Sight, id_: str) -> Any:
    switch = sight.inventory.find(id_, DistributedSwitch)
    groups = [g for g in sight.inventory.all(DistributedPortgroup) if g.switch == id_]
    return vim.DistributedVirtualSwitch.Summary(
        name=switch.name, uuid=switch.uuid, numPorts=8, portgroupName=[g.name for g in groups], numHosts=0
    )
