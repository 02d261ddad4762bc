"""The fields of VM Operator's kinds, as far as something here reads or writes them; all others are kept as they are.

Source: vm-operator v1.9, api/v1alpha2 and v1alpha5 (names, defaults and enumerations).
"""

from fairlead.base.objects import Json

TEXT: Json = {"type": "string"}
NUMBER: Json = {"type": "integer"}
YES_NO: Json = {"type": "boolean"}
QUANTITY: Json = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
TEXTS: Json = {"type": "array", "items": TEXT}
QUANTITIES: Json = {"type": "object", "additionalProperties": QUANTITY}


def record(required: str = "", **fields: Json) -> Json:
    """An object with these fields, and whatever else it has. *required* are names with spaces between them."""
    schema: Json = {"type": "object", "properties": fields, "x-kubernetes-preserve-unknown-fields": True}
    if required:
        schema["required"] = required.split()
    return schema


def rows(items: Json, key: str = "") -> Json:
    """A list; with a *key* it is merged by it."""
    schema: Json = {"type": "array", "items": items}
    if key:
        schema |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
    return schema


def one_of(*values: str, default: str = "") -> Json:
    """A text that is one of these."""
    schema: Json = {"type": "string", "enum": list(values)}
    return {**schema, "default": default} if default else schema


def whole(description: str, spec: Json, status: Json | None = None) -> Json:
    """The schema of a whole object."""
    properties: Json = {"apiVersion": TEXT, "kind": TEXT, "metadata": {"type": "object"}, "spec": spec}
    if status is not None:
        properties["status"] = status
    return {"type": "object", "description": description, "properties": properties}


CONDITIONS = rows(
    record(
        "lastTransitionTime status type",
        lastTransitionTime={"type": "string", "format": "date-time"},
        message=TEXT,
        observedGeneration=NUMBER,
        reason=TEXT,
        status=one_of("True", "False", "Unknown"),
        type=TEXT,
    ),
    "type",
)
_MODES = one_of("Hard", "Soft", "TrySoft", default="TrySoft")
_POWER = one_of("PoweredOff", "PoweredOn", "Suspended")
_SECRET_KEY = record("key name", key=TEXT, name=TEXT)
_NETWORK_REF = record(apiVersion=TEXT, kind=TEXT, name=TEXT)


def virtual_machine(*, host: str) -> Json:
    """*host* is the field with the name of the ESXi host."""
    spec = record(
        className=TEXT,
        imageName=TEXT,
        storageClass=TEXT,
        powerState=_POWER,
        powerOffMode=_MODES,
        minHardwareVersion=NUMBER,
        groupName=TEXT,
        bootstrap=record(cloudInit=record(instanceID=TEXT, rawCloudConfig=_SECRET_KEY)),
        network=record(
            hostName=TEXT,
            interfaces=rows(record("name", name=TEXT, network=_NETWORK_REF), "name"),
        ),
        readinessProbe=record(
            periodSeconds=NUMBER, timeoutSeconds=NUMBER, tcpSocket=record("port", host=TEXT, port=QUANTITY)
        ),
        reserved=record(resourcePolicyName=TEXT),
        volumes=rows(record("name", name=TEXT, persistentVolumeClaim=record("claimName", claimName=TEXT)), "name"),
    )
    address = record("address", address=TEXT, lifetime={"type": "string", "format": "date-time"}, origin=TEXT)
    card = record(
        name=TEXT,
        deviceKey=NUMBER,
        ip=record(addresses=rows(address), macAddr=TEXT),
        dns=record(dhcp=YES_NO, hostName=TEXT, nameservers=TEXTS),
    )
    status = record(
        biosUUID=TEXT,
        instanceUUID=TEXT,
        uniqueID=TEXT,
        powerState=_POWER,
        zone=TEXT,
        hardwareVersion=NUMBER,
        conditions=CONDITIONS,
        network=record(primaryIP4=TEXT, primaryIP6=TEXT, hostName=TEXT, interfaces=rows(card)),
    )
    status["properties"][host] = TEXT
    return whole("A virtual machine of the supervisor.", spec, status)


VIRTUAL_MACHINE_CLASS = whole(
    "Processors and memory of virtual machines.",
    record(
        description=TEXT,
        hardware=record(cpus={"type": "integer", "format": "int64"}, memory=QUANTITY),
        policies=record(resources=record(limits=record(cpu=QUANTITY, memory=QUANTITY), requests=record())),
    ),
    record(capabilities=TEXTS),
)
VIRTUAL_MACHINE_IMAGE = whole(
    "What virtual machines are made from.",
    record(providerRef=record("kind name", apiVersion=TEXT, kind=TEXT, name=TEXT)),
    record(
        name=TEXT,
        capabilities=TEXTS,
        conditions=CONDITIONS,
        firmware=TEXT,
        hardwareVersion=NUMBER,
        osInfo=record(id=TEXT, type=TEXT, version=TEXT),
        productInfo=record(fullVersion=TEXT, product=TEXT, vendor=TEXT, version=TEXT),
        providerItemID=TEXT,
        providerContentVersion=TEXT,
        type=TEXT,
        vmwareSystemProperties=rows(record("key", key=TEXT, value=TEXT), "key"),
    ),
)
VIRTUAL_MACHINE_SERVICE = whole(
    "One address for several virtual machines.",
    record(
        "type",
        type=TEXT,
        clusterIp=TEXT,
        externalName=TEXT,
        loadBalancerIP=TEXT,
        loadBalancerSourceRanges=TEXTS,
        ports=rows(record("name port protocol targetPort", name=TEXT, port=NUMBER, protocol=TEXT, targetPort=NUMBER)),
        selector={"type": "object", "additionalProperties": TEXT},
    ),
    record(loadBalancer=record(ingress=rows(record(hostname=TEXT, ip=TEXT)))),
)
RESOURCE_POLICY = whole(
    "Folder, resource pool and anti-affinity modules for a set of virtual machines.",
    record(
        folder=TEXT,
        clusterModuleGroups=TEXTS,
        resourcePool=record(name=TEXT, limits=record(cpu=QUANTITY, memory=QUANTITY), reservations=record()),
    ),
    record(clustermodules=rows(record()), resourcePools=rows(record())),
)
AVAILABILITY_ZONE = whole(
    "A part of the supervisor that can fail on its own.",
    record(
        clusterComputeResourceMoIDs=TEXTS,
        clusterComputeResourceMoId=TEXT,
        namespaces={"type": "object", "additionalProperties": record(folderMoId=TEXT, poolMoIDs=TEXTS, poolMoId=TEXT)},
    ),
    record(),
)
