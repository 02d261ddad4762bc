"""Which objects of a resource a list or a watch is about: namespace, label selector, field selector.

Source: kubernetes v1.36 pkg/apis/core/v1/conversion.go (AddFieldLabelConversionsFor…), and selectableFields of CRDs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairlead.api.errors import bad_request
from fairlead.base.objects import Key
from fairlead.engines.selectors import (
    FieldSelector,
    LabelSelector,
    SelectorError,
    field_value,
    parse_fields,
    parse_labels,
)
from fairlead.server import conversion
from fairlead.server.registry import Resource
from fairlead.server.store import Record, Store

_META = ("metadata.name", "metadata.namespace")
_POD = ("nodeName", "restartPolicy", "schedulerName", "serviceAccountName", "hostNetwork")
_EVENT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_EVENT_REST = ("reason", "reportingComponent", "source", "type")
_KNOWN: Mapping[str, tuple[str, ...]] = {
    "pods": (
        *(f"spec.{name}" for name in _POD),
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "events": (*(f"involvedObject.{name}" for name in _EVENT), *_EVENT_REST),
    "events.events.k8s.io": (*(f"regarding.{name}" for name in _EVENT), "reason", "reportingController", "type"),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "replicationcontrollers": ("status.replicas",),
    "replicasets.apps": ("status.replicas",),
    "jobs.batch": ("status.successful",),
    "certificatesigningrequests.certificates.k8s.io": ("spec.signerName",),
}


class Selection:
    """A parsed choice of objects. Raises: ApiError BadRequest for a selector that makes no sense."""

    __slots__ = ("_extra", "fields", "is_everything", "labels", "namespace", "resource", "version")

    def __init__(self, resource: Resource, version: str, namespace: str, labels: str = "", fields: str = "") -> None:
        self.resource = resource
        self.version = version
        self.namespace = namespace
        self.labels: LabelSelector | None = None
        self.fields: FieldSelector | None = None
        self._extra = False
        try:
            if labels:
                self.labels = parse_labels(labels)
            if fields:
                self.fields = parse_fields(fields)
        except SelectorError as error:
            raise bad_request(str(error)) from error
        if self.fields is not None:
            self._check_fields(self.fields)
        self.is_everything = self.labels is None and self.fields is None

    def _check_fields(self, fields: FieldSelector) -> None:
        known = _KNOWN.get(self.resource.ident, ())
        if self.resource.custom:
            known = tuple(path.lstrip(".") for path in self.resource.versions[self.version].selectable)
        for term in fields.terms:
            if term.field in _META:
                continue
            if term.field not in known:
                if known or self.resource.custom:
                    raise bad_request(f"field label not supported: {term.field}")
                text = 'is not a known field selector: only "metadata.name", "metadata.namespace"'
                raise bad_request(f'"{term.field}" {text}')
            self._extra = True

    @property
    def name(self) -> str | None:
        """The only name that can be selected, or None."""
        return self.fields.exact("metadata.name") if self.fields is not None else None

    def matches(self, record: Record) -> bool:
        """Whether *record* is selected; its namespace is taken for granted."""
        if self.labels is not None and not self.labels.matches(record.labels):
            return False
        if self.fields is None:
            return True
        if not self._extra:
            namespace, name = record.key
            return self.fields.matches(lambda path: name if path == "metadata.name" else namespace)
        view = conversion.in_version(self.resource, self.version, record)
        return self.fields.matches(lambda path: _read(view, path))

    def _exact_label(self) -> tuple[str, str] | None:
        """A label that can have one value only, and the value."""
        for each in self.labels.requirements if self.labels is not None else ():
            value = self.labels.exact(each.key) if self.labels is not None else None
            if value is not None:
                return each.key, value
        return None

    def _exact_field(self) -> tuple[str, str] | None:
        """A field of the stored form that can have one value only, and the value."""
        if self.fields is None or self.resource.alias_of is not None or self.version != self.resource.storage:
            return None
        for each in self.fields.terms:
            if not each.negated and each.field not in (*_META, "source"):
                return each.field, each.value
        return None

    def records(self, store: Store, revision: int = 0) -> Iterable[Record]:
        """The selected records as they were at *revision* (0: as they are), in key order. Raises: Expired."""
        ident = self.resource.stored_as.ident
        if revision and revision < store.revision:
            return [each for each in store.as_of(ident, self.namespace, revision) if self.matches(each)]
        name = self.name
        if name is not None and (self.namespace or not self.resource.namespaced):
            found = store.get(ident, Key(self.namespace, name))
            return [found] if found is not None and self.matches(found) else []
        label, field = self._exact_label(), self._exact_field()
        if label is not None:
            records: Iterable[Record] = store.labelled(ident, self.namespace, *label)
        elif field is not None:
            records = store.with_field(ident, self.namespace, *field)
        else:
            records = store.select(ident, self.namespace)
        return records if self.is_everything else [each for each in records if self.matches(each)]


def _read(view: Mapping[str, object], path: str) -> str:
    if path == "source":
        return field_value(view, "source.component") or field_value(view, "reportingComponent")
    return field_value(view, path)
