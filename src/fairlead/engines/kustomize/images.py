"""New names, tags and digests for images.

Source: kustomize api v0.21.2 filters/imagetag, internal/image/image.go.
"""

from __future__ import annotations

from fairlead.engines.kustomize.fields import FieldSpec, visit
from fairlead.engines.kustomize.nodes import assign, is_scalar, peel, put_text, text_of, wrong_kind
from fairlead.engines.kustomize.resource import Resource

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_REST = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?"
_ALPHANUMERIC = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_LITERAL = _ALPHANUMERIC | frozenset("_/.:-")
_TAG = _ALPHANUMERIC | frozenset("_.{}-")


def _matcher(name: str) -> Callable[[str], bool]:
    """Return the test for images called *name*, a pattern in which a dot fits anything."""
    if _LITERAL.issuperset(name):
        return lambda text: _begins(text, name) and _is_version(text[len(name) :])
    from fairlead.engines.gotemplate.errors import FuncError
    from fairlead.engines.helm.functions.regexes import compile_pattern

    try:
        general = compile_pattern(f"^{name}{_REST}$")
    except FuncError:
        return lambda text: False
    return lambda text: general.search(text.encode()) is not None


def _begins(text: str, name: str) -> bool:
    if text.startswith(name):
        return True
    start = text[: len(name)]
    if "." not in name or len(start) < len(name):
        return False
    return all(ours == wanted or (wanted == "." and ours != "\n") for ours, wanted in zip(start, name, strict=True))


def _is_version(text: str) -> bool:
    """Whether *text* is a tag, a digest, both or nothing."""
    if not text or (text[0] == ":" and _TAG.issuperset(text[1:])):
        return True
    import re

    return re.fullmatch(_REST, text) is not None


def split_image(image: str) -> tuple[str, str, str]:
    """Return name, tag and digest."""
    slash = max(image.find("/"), 0)
    digest_at, tag_at = image.find("@", slash), image.find(":", slash)
    if digest_at >= 0 and (tag_at < 0 or digest_at < tag_at):
        return image[:digest_at], "", image[digest_at + 1 :]
    if tag_at < 0:
        return image, "", ""
    if digest_at >= 0:
        return image[:tag_at], image[tag_at + 1 : digest_at], image[digest_at + 1 :]
    return image[:tag_at], image[tag_at + 1 :], ""


def changed_image(image: str, entry: Mapping[str, Any]) -> str:
    """Return *image* with what *entry* says."""
    name, tag, digest = split_image(image)
    name = entry.get("newName") or name
    new_tag, new_digest, suffix = entry.get("newTag") or "", entry.get("digest") or "", entry.get("tagSuffix") or ""
    if new_tag:
        tag, digest = new_tag, new_digest
    elif new_digest:
        tag, digest = "", new_digest
    elif suffix:
        tag, digest = tag + suffix, ""
    return f"{name}{f':{tag}' if tag else ''}{f'@{digest}' if digest else ''}"


def set_images(items: Sequence[Resource], entry: Mapping[str, Any], specs: Sequence[FieldSpec]) -> None:
    """Change the images of *items* that *entry* names. Raises: KustomizeError."""
    matches = _matcher(entry.get("name") or "")

    def set_image(holder: Any, key: Any) -> None:
        old = holder[key]
        if not is_scalar(old):
            raise wrong_kind("ScalarNode", old)
        text = text_of(old)
        if matches(text):
            assign(holder, key, put_text(old, changed_image(text, entry)))

    for item in items:
        if item.kind != "CustomResourceDefinition":
            _in_containers(item.node, set_image)
    for item in items:
        if item.kind != "CustomResourceDefinition":
            now = item.current_id()
            for spec in specs:
                if spec.selects(now.group, now.version, now.kind):
                    visit(item.node, spec, set_image)


def _in_containers(node: Any, set_image: Callable[[Any, Any], None]) -> None:
    """Find lists named containers or initContainers anywhere."""
    if node.__class__ is list:
        for item in node:
            if item.__class__ is dict or item.__class__ is list:
                _in_containers(item, set_image)
        return
    for key, value in node.items():
        kind = value.__class__
        if kind is not dict and kind is not list:
            continue
        _in_containers(value, set_image)
        if kind is list and (key == "containers" or key == "initContainers"):
            for item in value:
                item = peel(item)
                if item.__class__ is dict and item.get("image") is not None:
                    set_image(item, "image")
