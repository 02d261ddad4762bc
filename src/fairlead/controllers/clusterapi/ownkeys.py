"""Labels and annotations that one manager has set, and wants no more. Pure.

Upstream leaves this to server-side apply of whole objects; what is owned is read from `managedFields` here, so that a
pass over objects that need no change applies nothing.
"""

from collections.abc import Collection

from fairlead.base.objects import Json, annotations, get_in, labels, meta


def stale_keys(
    obj: Json, manager: str, wanted_labels: Collection[str], wanted_annotations: Collection[str]
) -> set[tuple[str, str]]:
    """The (field, key) pairs in *obj*'s metadata that *manager* owns and that are not wanted."""
    found = set()
    for entry in meta(obj).get("managedFields") or ():
        if entry.get("manager") != manager:
            continue
        for field, present, wanted in (
            ("labels", labels(obj), wanted_labels),
            ("annotations", annotations(obj), wanted_annotations),
        ):
            owned = get_in(entry, "fieldsV1", "f:metadata", f"f:{field}", default={})
            keys = {key.removeprefix("f:") for key in owned if key.startswith("f:")}
            found |= {(field, key) for key in keys if key in present and key not in wanted}
    return found
