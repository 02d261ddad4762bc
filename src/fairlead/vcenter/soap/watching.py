"""The SOAP methods of reading and watching: property collector, views, history collectors."""

from __future__ import annotations

from typing import Any

from pyVmomi import VmomiSupport, vim, vmodl

from fairlead.vcenter import faults
from fairlead.vcenter.soap.collector import Collector, Filter, parse_spec, retrieve
from fairlead.vcenter.soap.desk import Desk, handles
from fairlead.vcenter.soap.own import ContainerView, HistoryCollector, ListView, event_filter, task_filter
from fairlead.vcenter.soap.properties import has_object, read
from fairlead.vcenter.soap.wire import Call, Ref, Refs, Xml, ref_of

DEFAULT_PAGE = 5000


# Property collector.


@handles("RetrieveProperties", reads=True)
def retrieve_properties(desk: Desk, call: Call) -> Any:
    found = retrieve(desk.sight, [parse_spec(s) for s in call.args["specSet"]])
    return Xml("".join(f"<returnval>{each}</returnval>" for each in found))


@handles("Fetch", reads=True)
def fetch(desk: Desk, call: Call) -> Any:
    value = read(desk.sight, call.this, call.args["prop"])
    if isinstance(value, Refs):
        return call.info.result([r.managed() for r in value])
    return value.managed() if isinstance(value, Ref) else value


@handles("RetrievePropertiesEx", reads=True)
def retrieve_properties_ex(desk: Desk, call: Call) -> Any:
    found = retrieve(desk.sight, [parse_spec(s) for s in call.args["specSet"]])
    options = call.args["options"]
    size = options.maxObjects if options and options.maxObjects else DEFAULT_PAGE
    return _page(desk, found, size)


@handles("ContinueRetrievePropertiesEx")
def continue_retrieve(desk: Desk, call: Call) -> Any:
    left = desk.pages.pop(call.args["token"], None)
    if left is None:
        raise faults.invalid_argument("token")
    return _page(desk, *left)


@handles("CancelRetrievePropertiesEx")
def cancel_retrieve(desk: Desk, call: Call) -> Any:
    desk.pages.pop(call.args["token"], None)


def _page(desk: Desk, found: list[str], size: int) -> Xml | None:
    if not found:
        return None
    token = ""
    if len(found) > size:
        token = desk.new_key()
        desk.pages[token] = (found[size:], size)
        token = f"<token>{token}</token>"
    inside = "".join(f"<objects>{each}</objects>" for each in found[:size])
    return Xml(f"<returnval>{token}{inside}</returnval>")


@handles("CreatePropertyCollector")
def create_property_collector(desk: Desk, call: Call) -> Any:
    collector = Collector(desk.new_key())
    desk.own[collector.id] = collector
    return vmodl.query.PropertyCollector(collector.id)


@handles("DestroyPropertyCollector")
def destroy_property_collector(desk: Desk, call: Call) -> Any:
    collector = desk.collector(call.this)
    collector.cancel()
    desk.own.pop(call.this.id, None)


@handles("CreateFilter")
def create_filter(desk: Desk, call: Call) -> Any:
    spec = parse_spec(call.args["spec"])
    for start in spec.starts:
        if not spec.lenient and not has_object(desk.sight, start.ref):
            raise faults.no_object(start.ref.type, start.ref.id)
    collector = desk.collector(call.this)
    made = Filter(desk.new_key(), spec, bool(call.args["partialUpdates"]))
    collector.filters[made.id] = made
    desk.own[made.id] = made
    collector.mark(())
    return vmodl.query.PropertyCollector.Filter(made.id)


@handles("DestroyPropertyFilter")
def destroy_filter(desk: Desk, call: Call) -> Any:
    if desk.own.pop(call.this.id, None) is None:
        raise faults.no_object(call.this.type, call.this.id)
    for collector in desk.collectors():
        collector.filters.pop(call.this.id, None)


@handles("WaitForUpdatesEx", "WaitForUpdates", "CheckForUpdates")
async def wait_for_updates(desk: Desk, call: Call) -> Any:
    collector = desk.collector(call.this)
    collector.start_over(call.args["version"] or "")
    options = call.args.get("options")
    seconds = options.maxWaitSeconds if options else None
    limit = options.maxObjectUpdates or 0 if options else 0
    if call.method == "CheckForUpdates":
        seconds = 0
    return await collector.wait(desk.sight, desk.in_thread, seconds, limit)


@handles("CancelWaitForUpdates")
def cancel_wait(desk: Desk, call: Call) -> Any:
    desk.collector(call.this).cancel()


# Views.


@handles("CreateContainerView")
def create_container_view(desk: Desk, call: Call) -> Any:
    container = ref_of(call.args["container"])
    if not has_object(desk.sight, container):
        raise faults.no_object(container.type, container.id)
    types = tuple(VmomiSupport.GetWsdlName(t) for t in call.args["type"])
    view = ContainerView(desk.new_key(), container, types, bool(call.args["recursive"]))
    desk.own[view.id] = view
    return vim.view.ContainerView(view.id)


@handles("CreateListView")
def create_list_view(desk: Desk, call: Call) -> Any:
    view = ListView(desk.new_key(), dict.fromkeys(ref_of(o) for o in call.args["obj"]))
    desk.own[view.id] = view
    return vim.view.ListView(view.id)


@handles("ModifyListView")
def modify_list_view(desk: Desk, call: Call) -> Any:
    view = _list_view(desk, call)
    unknown = []
    for each in call.args["remove"]:
        view.refs.pop(ref_of(each), None)
    for each in call.args["add"]:
        ref = ref_of(each)
        if has_object(desk.sight, ref):
            view.refs[ref] = None
        else:
            unknown.append(each)
    desk.wake()
    return unknown or None


@handles("ResetListView")
def reset_list_view(desk: Desk, call: Call) -> Any:
    view = _list_view(desk, call)
    view.refs = {r: None for o in call.args["obj"] if has_object(desk.sight, r := ref_of(o))}
    desk.wake()


def _list_view(desk: Desk, call: Call) -> ListView:
    view = desk.own.get(call.this.id)
    if not isinstance(view, ListView):
        raise faults.no_object(call.this.type, call.this.id)
    return view


@handles("DestroyView")
def destroy_view(desk: Desk, call: Call) -> Any:
    if desk.own.pop(call.this.id, None) is None:
        raise faults.no_object(call.this.type, call.this.id)
    desk.wake()


# History collectors.


@handles("CreateCollectorForEvents")
def create_event_collector(desk: Desk, call: Call) -> Any:
    return _history(desk, "EventHistoryCollector", event_filter(call.args["filter"], desk.sight))


@handles("CreateCollectorForTasks")
def create_task_collector(desk: Desk, call: Call) -> Any:
    return _history(desk, "TaskHistoryCollector", task_filter(call.args["filter"], desk.sight))


def _history(desk: Desk, kind: str, wanted: Any) -> Any:
    collector = HistoryCollector(desk.new_key(), kind, wanted)
    desk.own[collector.id] = collector
    return Ref(kind, collector.id).managed()


def _history_of(desk: Desk, call: Call) -> HistoryCollector:
    found = desk.own.get(call.this.id)
    if not isinstance(found, HistoryCollector):
        raise faults.no_object(call.this.type, call.this.id)
    return found


@handles("SetCollectorPageSize")
def set_page_size(desk: Desk, call: Call) -> Any:
    _history_of(desk, call).set_page(call.args["maxCount"])


@handles("RewindCollector")
def rewind(desk: Desk, call: Call) -> Any:
    _history_of(desk, call).rewind()


@handles("ResetCollector")
def reset(desk: Desk, call: Call) -> Any:
    _history_of(desk, call).reset()


@handles("DestroyCollector")
def destroy_collector(desk: Desk, call: Call) -> Any:
    desk.own.pop(call.this.id, None)


@handles("ReadNextEvents", "ReadNextTasks")
def read_next(desk: Desk, call: Call) -> Any:
    return _history_of(desk, call).next(desk.sight, call.args["maxCount"]) or None


@handles("ReadPreviousEvents", "ReadPreviousTasks")
def read_previous(desk: Desk, call: Call) -> Any:
    return _history_of(desk, call).previous(desk.sight, call.args["maxCount"]) or None
