"""Create, update and delete objects of one server: what a REST storage does, without transport.

Every method reads, judges and commits in one go on the loop's thread, so it is atomic; callers then wait until the
revision is durable. Source: apiserver v0.36 pkg/registry/generic/registry/store.go and pkg/registry/rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from fairlead.api.errors import ApiError, already_exists, bad_request, conflict, invalid, not_found
from fairlead.base.objects import GVK, Json, Key
from fairlead.engines.merge.patches import equal
from fairlead.engines.schema.definition import check_definition
from fairlead.engines.schema.errors import quote
from fairlead.server import addresses, admission, conversion, installing, managed, meta, strategies
from fairlead.server.expiry import Expiry
from fairlead.server.housekeeping import Housekeeping
from fairlead.server.installing import Kinds
from fairlead.server.registry import Registry, Resource
from fairlead.server.request import DeleteOptions, Request
from fairlead.server.store import Record, Store

MODIFIED_TEXT = "the object has been modified; please apply your changes to the latest version and try again"
ORPHAN = "orphan"
FOREGROUND = "foregroundDeletion"
_NAME_ATTEMPTS = 8

Change = Callable[[Json], Json]

log = logging.getLogger(__name__)


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime: ...


class Ids(Protocol):
    """Where random names come from."""

    def uid(self) -> str: ...

    def suffix(self, length: int = 5) -> str: ...


def timestamp(instant: datetime) -> str:
    """*instant* as `metav1.Time` is written: whole seconds, UTC."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Outcome:
    """What a write led to: a stored record, or, for a dry run, the form that would be stored."""

    __slots__ = ("_form", "created", "record", "removed")

    def __init__(self, record: Record | None, form: Json | None = None, created: bool = False, removed: bool = False):
        self.record = record
        self._form = form
        self.created = created
        self.removed = removed

    def object(self, resource: Resource, version: str) -> Json:
        """The object in *version*: shared, read-only."""
        if self._form is not None:
            return conversion.convert(resource, version, self._form)
        assert self.record is not None
        return conversion.in_version(resource, version, self.record)

    @property
    def revision(self) -> int:
        """The revision that must be durable before the caller is answered."""
        return self.record.revision if self.record is not None else 0


class Objects:
    """The objects of one server."""

    def __init__(self, store: Store, registry: Registry, clock: Clock, ids: Ids, kinds: Kinds) -> None:
        self.store = store
        self.registry = registry
        self.clock = clock
        self.ids = ids
        self.kinds = kinds
        self.service_network = addresses.NETWORK
        self.expiry = Expiry()
        self.housekeeping = Housekeeping(self)
        self._complaint = ""

    def complain(self, text: str) -> None:
        """Log what the server could not do by itself; what it tries again and again is said once."""
        if text != self._complaint:
            log.warning("housekeeping refused", extra={"cause": text})
        self._complaint = text

    def now(self) -> str:
        """The present time as objects carry it."""
        return timestamp(self.clock.now())

    def look(self, gvk: GVK, namespace: str, name: str) -> Json | None:
        """A stored object in its storage version, for admission rules."""
        resource = self.registry.by_kind(gvk.group, gvk.kind)
        if resource is None:
            return None
        record = self.store.get(resource.stored_as.ident, Key(namespace if resource.namespaced else "", name))
        return record.view if record is not None else None

    def look_all(self, gvk: GVK, namespace: str) -> Iterator[Json]:
        """The stored objects of a kind in its storage version, for admission rules; an empty namespace means all."""
        resource = self.registry.by_kind(gvk.group, gvk.kind)
        if resource is not None:
            for record in self.store.select(resource.stored_as.ident, namespace):
                yield record.view

    def find(self, resource: Resource, key: Key) -> Record:
        """The record. Raises: ApiError NotFound."""
        record = self.store.get(resource.stored_as.ident, key)
        if record is None:
            raise not_found(resource.group, resource.plural, key.name)
        return record

    # -- create -------------------------------------------------------------------------------------------------

    def create(self, resource: Resource, version: str, obj: Json, namespace: str, request: Request) -> Outcome:
        """Store a new object. Raises: ApiError."""
        namespace = self._namespace_of(resource, obj, namespace)
        given = obj.get("metadata") if isinstance(obj.get("metadata"), dict) else {}
        assert isinstance(given, dict)
        if given.get("resourceVersion"):
            raise ApiError(500, "", "resourceVersion should not be set on objects to be created")
        stored = admission.stored_form(resource, version, obj, request)
        if resource.namespaced:
            self._check_namespace(resource, namespace, given.get("name") or given.get("generateName") or "")
        stored = managed.on_create(resource, version, stored, request, self.now())
        stored = self._new_form(resource, stored, namespace)
        stored = strategies.prepare_create(resource.stored_as, stored, self)
        stored = admission.defaulted(resource, stored, None, request, self, "CREATE")
        stored = self._check_form(resource, stored, None, request, "CREATE")
        key = Key.of(stored)
        before = self.store.get(resource.stored_as.ident, key)
        if before is not None:
            error = already_exists(resource.group, resource.plural, key.name)
            if before.deleting:
                error.message = f"object is being deleted: {error.message}"
            raise error
        return self._put(resource, stored, None, request)

    def _namespace_of(self, resource: Resource, obj: Json, namespace: str) -> str:
        own = (obj.get("metadata") or {}).get("namespace") or ""
        if not resource.namespaced:
            if own:
                raise bad_request("namespace field should not be set on cluster-scoped objects".replace("field ", ""))
            return ""
        if own and namespace and own != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        if not own and not namespace:
            raise bad_request("an empty namespace may not be set during creation")
        return own or namespace

    def _check_namespace(self, resource: Resource, namespace: str, name: str) -> None:
        found = self.store.get("namespaces", Key("", namespace))
        if found is None:
            raise not_found("", "namespaces", namespace)
        if found.deleting:
            qualified = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
            text = f"unable to create new content in namespace {namespace} because it is being terminated"
            details: Json = {"name": name, "group": resource.group, "kind": resource.plural}
            cause = {
                "reason": "NamespaceTerminating",
                "message": f"namespace {namespace} is being terminated",
                "field": "metadata.namespace",
            }
            details = {key: value for key, value in details.items() if value} | {"causes": [cause]}
            raise ApiError(403, "Forbidden", f'{qualified} "{name}" is forbidden: {text}', details)

    def _new_form(self, resource: Resource, obj: Json, namespace: str) -> Json:
        metadata: Json = {key: value for key, value in obj["metadata"].items() if key not in _SERVER_FIELDS}
        if namespace:
            metadata["namespace"] = namespace
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = self._generated(resource, namespace, metadata["generateName"])
        metadata["uid"] = self.ids.uid()
        metadata["creationTimestamp"] = self.now()
        if resource.generation:
            metadata["generation"] = 1
        return {**obj, "metadata": metadata}

    def _generated(self, resource: Resource, namespace: str, stem: str) -> str:
        stem = stem[: meta.GENERATED_NAME_LIMIT]
        name = ""
        for _ in range(_NAME_ATTEMPTS):
            name = stem + self.ids.suffix()
            if self.store.get(resource.stored_as.ident, Key(namespace, name)) is None:
                break
        return name

    # -- update -------------------------------------------------------------------------------------------------

    def update(
        self,
        resource: Resource,
        version: str,
        key: Key,
        change: Change,
        request: Request,
        *,
        subresource: str = "",
        uid: str = "",
        tracked_as: str = "",
    ) -> Outcome:
        """Replace an object by what *change* makes of its present form in *version*. Raises: ApiError.

        Field managers are tracked for the subresource *tracked_as* when it is another than the one written.
        """
        before = self.find(resource, key)
        if uid and uid != before.uid:
            text = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {before.uid}"
            raise conflict(resource.group, resource.plural, key.name, text)
        present = conversion.in_version(resource, version, before)
        wanted = change(present)
        if wanted is present and request.repeats is None:
            return Outcome(before)
        self._check_identity(resource, wanted, key, before, "uid" if not uid else "")
        stored = admission.stored_form(resource, version, wanted, request)
        old = before.view
        stored = managed.on_update(resource, version, stored, old, request, self.now(), tracked_as or subresource)
        stored = self._carry_over(resource, stored, old, subresource)
        if not subresource:
            stored = admission.defaulted(resource, stored, old, request, self, "UPDATE")
        stored = self._count_generation(resource, stored, old, subresource)
        stored = self._check_form(resource, stored, old, request, "UPDATE")
        if _same(stored, old):
            return Outcome(before)
        if old["metadata"].get("deletionTimestamp") and not stored["metadata"].get("finalizers") and _may_go(stored):
            return self._remove(resource, before, stored, request.dry_run)
        return self._put(resource, stored, before, request)

    def _check_identity(self, resource: Resource, obj: Json, key: Key, before: Record, uid: str) -> None:
        metadata = obj.get("metadata") or {}
        name, namespace = metadata.get("name") or key.name, metadata.get("namespace") or key.namespace
        if name != key.name:
            raise bad_request(f"the name of the object ({name}) does not match the name on the URL ({key.name})")
        if namespace != key.namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        going = metadata.get("deletionTimestamp")
        if going and going != before.view["metadata"].get("deletionTimestamp"):
            cause = (
                "FieldValueInvalid",
                f"Invalid value: {quote(going)}: field is immutable",
                "metadata.deletionTimestamp",
            )
            raise invalid(resource.group, resource.kind, key.name, [cause])
        given = metadata.get("uid")
        if uid and given and given != before.uid:
            group = f"{resource.group}/" if resource.custom else ""
            place = f"/registry/{group}{resource.plural}/{key}"
            text = (
                f"StorageError: invalid object, Code: 4, Key: {place}, ResourceVersion: 0, AdditionalErrorMsg: "
                f"Precondition failed: UID in precondition: {given}, UID in object meta: {before.uid}"
            )
            raise conflict(resource.group, resource.plural, key.name, text)
        revision = metadata.get("resourceVersion")
        if resource.custom and not revision:
            text = "Invalid value: 0: must be specified for an update"
            cause = ("FieldValueInvalid", text, "metadata.resourceVersion")
            raise invalid(resource.group, resource.plural, key.name, [cause])
        if revision and not str(revision).isdigit():
            raise ApiError(500, "", f"strconv.ParseUint: parsing {quote(str(revision))}: invalid syntax")
        if revision and str(revision) != str(before.revision):
            raise conflict(resource.group, resource.plural, key.name, MODIFIED_TEXT)

    def _carry_over(self, resource: Resource, obj: Json, old: Json, subresource: str) -> Json:
        """Keep what a caller cannot change: system metadata, and status or spec by subresource."""
        before = old["metadata"]
        metadata: Json = {key: value for key, value in obj["metadata"].items() if key not in _KEPT_FIELDS}
        for name in _KEPT_FIELDS:
            if name in before:
                metadata[name] = before[name]
        metadata.setdefault("name", before["name"])
        return strategies.prepare_update(resource.stored_as, {**obj, "metadata": metadata}, old, subresource)

    def _count_generation(self, resource: Resource, obj: Json, old: Json, subresource: str) -> Json:
        generation = old["metadata"].get("generation")
        if not resource.stored_as.generation or not generation:
            return obj
        ignored = {"metadata", "apiVersion", "kind"}
        if resource.stored_as.has_status or not resource.custom:
            ignored.add("status")
        changed = any(not equal(obj.get(key), old.get(key)) for key in (obj.keys() | old.keys()) - ignored)
        if resource.stored_as.ident in strategies.ANNOTATIONS_COUNT and not subresource:
            now, then = obj["metadata"].get("annotations"), old["metadata"].get("annotations")
            changed = changed or not equal(now or {}, then or {})
        if not changed:
            return obj
        return {**obj, "metadata": {**obj["metadata"], "generation": generation + 1}}

    # -- shared by create and update ----------------------------------------------------------------------------

    def _check_form(self, resource: Resource, obj: Json, old: Json | None, request: Request, operation: str) -> Json:
        target = resource.stored_as
        errors = admission.field_errors(resource, obj, old)
        if target.ident == installing.IDENT and not request.trusted:
            errors.extend(check_definition(obj, old))
        errors.extend(meta.validate(target.ident, obj["metadata"], target.namespaced))
        if not target.custom and target.group != "apiextensions.k8s.io":
            errors.extend(meta.validate_finalizers(obj["metadata"]))
        if old is not None:
            errors.extend(meta.validate_update(obj["metadata"], old["metadata"]))
        if errors:
            raise admission.invalid_object(resource, obj, errors)
        admission.judge(resource, obj, old, request, self, operation)
        return obj

    def _put(self, resource: Resource, obj: Json, before: Record | None, request: Request) -> Outcome:
        created = before is None
        if request.dry_run:
            return Outcome(None, obj, created)
        try:
            record = self.store.put(resource.stored_as.ident, obj, before)
        except msgspec.ValidationError as error:
            raise bad_request(f"{resource.kind} cannot be decoded: {error}") from error
        strategies.stored(resource.stored_as, record, self)
        return Outcome(record, None, created)

    # -- delete -------------------------------------------------------------------------------------------------

    def delete(self, resource: Resource, key: Key, options: DeleteOptions, request: Request) -> Outcome:
        """Mark an object for deletion, or remove it when nothing holds it. Raises: ApiError."""
        before = self.find(resource, key)
        self._check_preconditions(resource, before, options)
        old = before.view
        if not before.deleting:
            admission.judge(resource, old, old, request, self, "DELETE")
        strategies.check_delete(resource.stored_as, old, self)
        metadata = dict(old["metadata"])
        finalizers = _deletion_finalizers(metadata.get("finalizers") or [], options.propagation)
        if finalizers:
            metadata["finalizers"] = finalizers
        else:
            metadata.pop("finalizers", None)
        grace = strategies.grace_seconds(resource.stored_as, old, options.grace_seconds)
        if not before.deleting:
            self._mark(metadata, grace)
        elif grace < (metadata.get("deletionGracePeriodSeconds") or 0):
            self._shorten(metadata, grace)
        marked = strategies.marked_for_deletion(resource.stored_as, {**old, "metadata": metadata})
        if not finalizers and _may_go(marked):
            last = marked if before.deleting else old
            return self._remove(resource, before, last, request.dry_run or options.dry_run)
        if _same(marked, old):
            return Outcome(before)
        return self._put(resource, marked, before, request if not options.dry_run else Request(dry_run=True))

    def _check_preconditions(self, resource: Resource, before: Record, options: DeleteOptions) -> None:
        if options.uid and options.uid != before.uid:
            text = (
                f"the UID in the precondition ({options.uid}) does not match the UID in record ({before.uid}). "
                "The object might have been deleted and then recreated"
            )
            raise conflict(resource.group, resource.kind, before.key.name, text)
        if options.resource_version and options.resource_version != str(before.revision):
            text = (
                f"the ResourceVersion in the precondition ({options.resource_version}) does not match the "
                f"ResourceVersion in record ({before.revision}). The object might have been modified"
            )
            raise conflict(resource.group, resource.kind, before.key.name, text)

    def _mark(self, metadata: Json, grace: int) -> None:
        metadata["deletionTimestamp"] = timestamp(self.clock.now() + timedelta(seconds=grace))
        metadata["deletionGracePeriodSeconds"] = grace
        if metadata.get("generation"):
            metadata["generation"] += 1

    def _shorten(self, metadata: Json, grace: int) -> None:
        marked = datetime.fromisoformat(metadata["deletionTimestamp"].replace("Z", "+00:00"))
        asked = marked - timedelta(seconds=metadata["deletionGracePeriodSeconds"])
        metadata["deletionTimestamp"] = timestamp(max(asked + timedelta(seconds=grace), self.clock.now()))
        metadata["deletionGracePeriodSeconds"] = grace

    def _remove(self, resource: Resource, before: Record, last: Json, dry_run: bool) -> Outcome:
        if dry_run:
            return Outcome(None, last, removed=True)
        record = self.store.remove(before, last)
        strategies.removed(resource.stored_as, record, self)
        return Outcome(record, None, removed=True)


_LIFE_FIELDS = ("uid", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds")
_SERVER_FIELDS = frozenset({*_LIFE_FIELDS, "resourceVersion", "selfLink"})
_KEPT_FIELDS = ("namespace", *_LIFE_FIELDS)


def _deletion_finalizers(present: list[str], propagation: str) -> list[str]:
    """The finalizers of a deleted object: the garbage collector's follow the propagation asked for."""
    if not propagation:
        return list(present)
    kept = [each for each in present if each not in (ORPHAN, FOREGROUND)]
    if propagation == "Orphan":
        kept.append(ORPHAN)
    elif propagation == "Foreground":
        kept.append(FOREGROUND)
    return kept


def _may_go(obj: Json) -> bool:
    """Whether an object without finalizers may be removed at once: no grace period, no namespace finalizer."""
    if obj["metadata"].get("deletionGracePeriodSeconds"):
        return False
    return not (obj.get("kind") == "Namespace" and (obj.get("spec") or {}).get("finalizers"))


def _same(new: Json, old: Json) -> bool:
    """Whether a write would change nothing; the time stamps of managed fields do not count."""
    ours, theirs = new["metadata"], old["metadata"]
    if any(not equal(new.get(key), old.get(key)) for key in (new.keys() | old.keys()) - {"metadata"}):
        return False
    ignored = {"managedFields", "resourceVersion"}
    if any(not equal(ours.get(key), theirs.get(key)) for key in (ours.keys() | theirs.keys()) - ignored):
        return False
    return managed.same(ours.get("managedFields"), theirs.get("managedFields"))
