"""SOAP envelopes: requests to method calls, results and faults to XML. pyVmomi's type tables do the typing.

Values inside property results are written here directly when they are scalars or references, which is most of them;
everything else goes through pyVmomi's serialiser.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from pyVmomi import SoapAdapter, VmomiSupport, vim, vmodl

from fairlead.vcenter.faults import VimFault
from fairlead.vcenter.model import Fault

VERSION = "vim.version.v8_0_3_0"
VERSION_ATTRIBUTE = ' versionId="8.0.3.0"'  # pyVmomi writes it on outermost elements; a vCenter does not
NAMESPACE = "urn:vim25"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
SOAPENV = "http://schemas.xmlsoap.org/soap/envelope/"
NSMAP = {SOAPENV: "soapenv", XSD: "xsd", XSI: "xsi", NAMESPACE: ""}
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<soapenv:Envelope xmlns:soapenv="{SOAPENV}" xmlns:xsd="{XSD}" xmlns:xsi="{XSI}"><soapenv:Body>'
)
TAIL = "</soapenv:Body></soapenv:Envelope>"
MAX_REQUEST_BYTES = 16 << 20

F_OPTIONAL = VmomiSupport.F_OPTIONAL


class BadRequest(Exception):  # noqa: N818 — named as the HTTP status it becomes
    """The body is not a SOAP request."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A managed object reference."""

    type: str
    id: str

    def xml(self, tag: str) -> str:
        return f'<{tag} type="{self.type}">{escape(self.id)}</{tag}>'

    def managed(self) -> Any:
        """Return pyVmomi's stand-in for the object."""
        return managed_type(self.type)(self.id)


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the method's wire name, its object, and its arguments by pyVmomi's parameter names."""

    method: str
    this: Ref
    args: dict[str, Any]
    namespace: str
    info: Any


def managed_type(wsdl_name: str) -> Any:
    """Return pyVmomi's class of a managed object type."""
    return VmomiSupport.GetWsdlType(NAMESPACE, wsdl_name)


def ref_of(managed: Any) -> Ref:
    """Return the reference of a pyVmomi managed object."""
    return Ref(VmomiSupport.GetWsdlName(type(managed)), managed._moId)


def parse(body: bytes) -> Call:
    """Read a request. Raises: BadRequest, VimFault when the method does not exist."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise BadRequest(f"cannot parse the request: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadRequest("cannot take a request with a document type declaration")
    request = root.find(f"{{{SOAPENV}}}Body/*")
    if request is None:
        raise BadRequest("cannot find a call in the request: the SOAP body is empty")
    name = etree.QName(request)
    this = request.find(f"{{{name.namespace}}}_this")
    if this is None:
        raise BadRequest(f"cannot call {name.localname}: it has no _this")
    ref = Ref((this.get("type") or this.get(f"{{{XSI}}}type") or "").rpartition(":")[2], (this.text or "").strip())
    if name.localname == "Fetch":
        return _fetch(request, ref, name.namespace or NAMESPACE)
    try:
        info = VmomiSupport.GetWsdlMethod(name.namespace, name.localname).info
    except (KeyError, AttributeError):
        raise VimFault(
            "MethodNotFound", f"The method '{name.localname}' does not exist.", method=name.localname
        ) from None
    try:
        args = {p.name: _argument(request, p, name.namespace or NAMESPACE) for p in info.params}
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise VimFault("InvalidRequest", f"Unable to parse {name.localname}: {error}") from error
    return Call(name.localname, ref, args, name.namespace or NAMESPACE, info)


def _fetch(request: Any, ref: Ref, namespace: str) -> Call:
    """Read pyVmomi's own call for reading one property; its result has the property's type."""
    path = (request.findtext(f"{{{namespace}}}prop") or "").strip()
    try:
        declared = managed_type(ref.type)._GetPropertyInfo(path.partition(".")[0])
    except (AttributeError, KeyError):
        raise VimFault("InvalidProperty", f"The property '{path}' is invalid.", name=path) from None
    info = VmomiSupport.Object(name="Fetch", wsdlName="Fetch", result=declared.type)
    return Call("Fetch", ref, {"prop": path}, namespace, info)


def _argument(request: Any, param: Any, namespace: str) -> Any:
    elements = request.findall(f"{{{namespace}}}{param.name}")
    if issubclass(param.type, list):
        return param.type([_value(e, param.type.Item) for e in elements])
    return _value(elements[0], param.type) if elements else None


def _value(element: Any, kind: Any) -> Any:
    return SoapAdapter.Deserialize(etree.tostring(element, with_tail=False), kind)


def result_xml(value: Any, info: Any) -> str:
    """Return a method's result as `<returnval>` elements; a string is taken to be XML already."""
    if value is None:
        return ""
    if isinstance(value, Xml):
        return value
    target = VmomiSupport.Object(name="returnval", type=info.result, version=VERSION, flags=F_OPTIONAL)
    return _serialized(value, target)


def _serialized(value: Any, target: Any) -> str:
    """Serialise with pyVmomi; mend what it writes otherwise than a vCenter: references in fields of any type."""
    text = str(SoapAdapter.SerializeToStr(value, target, VERSION, NSMAP)).replace(VERSION_ATTRIBUTE, "", 1)
    return text.replace('xsi:type="ManagedObject"', 'xsi:type="ManagedObjectReference"')


class Xml(str):
    """A result that is already serialised."""

    __slots__ = ()


def response(call: Call, result: str) -> bytes:
    """Return the response envelope."""
    name = f"{call.method}Response"
    return f'{HEAD}<{name} xmlns="{call.namespace}">{result}</{name}>{TAIL}'.encode()


def fault_response(fault: Fault) -> bytes:
    """Return the envelope of a fault, as a vCenter sends it with status 500."""
    value = to_fault(fault)
    name = VmomiSupport.GetWsdlName(type(value))
    target = VmomiSupport.Object(name=f"{name}Fault", type=object, version=VERSION, flags=0)
    detail = SoapAdapter.SerializeFaultDetail(value, target, VERSION, {SOAPENV: "soapenv", XSD: "xsd", XSI: "xsi"})
    text = (
        f"{HEAD}<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{escape(fault.message)}</faultstring>"
        f"<detail>{detail}</detail></soapenv:Fault>{TAIL}"
    )
    return text.encode()


def to_fault(fault: Fault) -> Any:
    """Return pyVmomi's value of a fault; an unknown type becomes SystemError."""
    try:
        kind: Any = VmomiSupport.GetWsdlType(NAMESPACE, fault.name)
    except KeyError:
        kind = vmodl.fault.SystemError
    if not issubclass(kind, vmodl.MethodFault):
        kind = vmodl.fault.SystemError
    value = kind()
    if kind is vmodl.fault.SystemError:
        value.reason = fault.message
    details: dict[str, Any] = dict(fault.details)
    if "object" in details and "type" in details:
        details["object"] = Ref(details.pop("type"), details["object"]).managed()
    elif "obj" in details:
        details["obj"] = Ref(details.pop("type"), details["obj"]).managed()
    if "datastore" in details:
        details["datastore"] = vim.Datastore(details["datastore"])
    names = {p.name: p for p in value._GetPropertyList()}
    for key, text in details.items():
        if key in names and not (key == "datastore" and names[key].type is str):
            setattr(value, key, _typed(names[key].type, text))
        elif key == "datastore" and key in names:
            setattr(value, key, fault.details["datastore"])
    for prop in names.values():
        if not prop.flags & F_OPTIONAL and getattr(value, prop.name, None) is None:
            setattr(value, prop.name, _filler(prop.type))
    value.msg = fault.message
    return value


def _typed(kind: Any, text: Any) -> Any:
    if issubclass(kind, bool) or not issubclass(kind, int):
        return text
    return kind(int(text))


def _filler(kind: Any) -> Any:
    """Return something for a required field the simulator has nothing for."""
    if issubclass(kind, bool):
        return False
    if issubclass(kind, int | float):
        return kind(0)
    if issubclass(kind, VmomiSupport.ManagedObject):
        return kind("unknown") if kind is not VmomiSupport.ManagedObject else vim.Folder("unknown")
    return "" if issubclass(kind, str) else kind()


def localized(fault: Fault) -> Any:
    """Return a fault as it stands inside data (a task's error)."""
    return to_fault(fault)


def value_xml(value: Any, tag: str = "val") -> str:
    """Return a property value with its xsi:type, as it stands in a property set."""
    kind = type(value)
    if kind is str:
        return f'<{tag} xsi:type="xsd:string">{escape(value)}</{tag}>'
    if kind is bool:
        return f'<{tag} xsi:type="xsd:boolean">{"true" if value else "false"}</{tag}>'
    if kind is int:
        return f'<{tag} xsi:type="xsd:int">{value}</{tag}>'
    if kind is Ref:
        return f'<{tag} xsi:type="ManagedObjectReference" type="{value.type}">{escape(value.id)}</{tag}>'
    if kind is Refs:
        inside = "".join(r.xml("ManagedObjectReference") for r in value)
        return f'<{tag} xsi:type="ArrayOfManagedObjectReference">{inside}</{tag}>'
    if kind is datetime:
        return f'<{tag} xsi:type="xsd:dateTime">{timestamp(value)}</{tag}>'
    target = VmomiSupport.Object(name=tag, type=object, version=VERSION, flags=0)
    return _serialized(value, target)


class Refs(tuple[Ref, ...]):
    """An array of references as a property's value."""

    __slots__ = ()


def timestamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
