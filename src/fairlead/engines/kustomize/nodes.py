"""The values a build works on: YAML as kyaml keeps it, without what never reaches the output.

Source: kyaml v0.21.2 (yaml/rnode.go, yaml/fns.go, kio/byteio_reader.go) over go.yaml.in/yaml v3.0.5.

kustomize prints through JSON, so comments and key order are lost on the way out, but the text and the quotes of a
scalar are not: `1.10` put into a quoted field is "1.10", and a quoted field stays a string whatever is put there.
A node is therefore one of

- `dict`, `list`
- `str`: text, written plainly; `Quoted`: text that was quoted or in a block
- `Scalar`: a number, boolean, null or tagged word, with its text; one without a tag is what a replacement put into a
  new field: it is read as it is written, until a patch walks over it, which takes it for text (see `quoted_word`)
- `Cell`: a box around one of these that stands in several places at once. Labels and annotations that a transformer
  adds are such: a later change of one changes all, as it does in kustomize.
"""

from __future__ import annotations

from fairlead.base import yaml as goyaml
from fairlead.base.yaml.resolve import float64_text, is_base60, resolve, resolve_v3, timestamp
from fairlead.engines.kustomize.errors import KustomizeError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from typing import Any

NULL, BOOL, INT, FLOAT, STR, TIME = "!!null", "!!bool", "!!int", "!!float", "!!str", "!!timestamp"
BINARY = "!!binary"
_CACHE_LIMIT = 20_000
_INFINITE = (float("inf"), float("-inf"))

_OLD_BOOLS = frozenset(word for old in ("y", "yes", "on", "n", "no", "off") for word in (old, old.title(), old.upper()))


class Quoted(str):
    """Text that was quoted or in a block: what is put in its place stays text."""

    __slots__ = ()


class Folded(Quoted):
    """Text of a folded block (`>`). kustomize writes it so in between, which adds lines to some: see `refolded`."""

    __slots__ = ()


class Key(str):
    """A key that YAML reads as something else than text: 1, true or null."""

    __slots__ = ()


class Scalar:
    """A plain scalar that is not text: a number, boolean, null, time, or a word with a tag of its own."""

    __slots__ = ("tag", "text")

    def __init__(self, text: str, tag: str) -> None:
        self.text = text
        self.tag = tag

    def __repr__(self) -> str:
        return f"Scalar({self.text!r}, {self.tag!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scalar) and (self.text, self.tag) == (other.text, other.tag)

    def __hash__(self) -> int:
        return hash((self.text, self.tag))


class Cell:
    """One scalar that stands in several places of an object."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


EMPTY_IN_FLOW = Scalar("", NULL)  # a field without a value between braces or brackets, which is written as ''
_REFOLDED_LIMIT = 1024
_refolded: dict[str, str] = {}
_plain: dict[str, Any] = {}


def plain(text: str) -> Any:
    """Return the node of the unquoted word *text*."""
    known = _plain.get(text)
    if known is None:
        known = _new_plain(text)
        if len(_plain) >= _CACHE_LIMIT:
            _plain.clear()
        _plain[text] = known
    return known


def _new_plain(text: str) -> Any:
    tag = tag_of(text)
    return text if tag == STR else Scalar(text, tag)


def tag_of(text: str) -> str:
    """Return the tag of the unquoted word *text* in YAML 1.2 as go-yaml v3 reads it."""
    if text == "<<":
        return "!!merge"
    value = resolve_v3(text)
    kind = value.__class__
    if kind is str:
        return TIME if text[4:5] == "-" and text[:4].isdecimal() and _moment(text) else STR
    if kind is bool:
        return BOOL
    if kind is int:
        return INT
    return NULL if value is None else FLOAT


def peel(node: Any) -> Any:
    """Return *node* without the box that shares it."""
    return node.value if node.__class__ is Cell else node


def text_of(node: Any) -> str:
    """Return the text of a scalar as the file has it, "" for a mapping or a list."""
    if node.__class__ is Cell:
        node = node.value
    if isinstance(node, str):
        return node if node.__class__ is str else str(node)
    return node.text if node.__class__ is Scalar else ""


def value_text(node: Any) -> str:
    """Return the text of a scalar, "" for null."""
    return "" if is_null(node) else text_of(node)


def is_null(node: Any) -> bool:
    """Whether *node* is missing or null."""
    if node.__class__ is Cell:
        node = node.value
    return node is None or (node.__class__ is Scalar and node.tag == NULL)


def is_empty(node: Any) -> bool:
    """Whether *node* is missing, null, or a container with nothing in it."""
    if node.__class__ is Cell:
        node = node.value
    if node.__class__ is dict or node.__class__ is list:
        return not node
    return is_null(node)


def is_scalar(node: Any) -> bool:
    """Whether *node* is a scalar; null is one."""
    return node.__class__ is not dict and node.__class__ is not list


def is_text(node: Any) -> bool:
    """Whether *node* is a string; a word without a tag passes for one."""
    node = peel(node)
    return isinstance(node, str) or (node.__class__ is Scalar and not node.tag)


def kind_name(node: Any) -> str:
    """Return kyaml's name for the kind of *node*."""
    if isinstance(node, dict):
        return "MappingNode"
    return "SequenceNode" if isinstance(node, list) else "ScalarNode"


def wrong_kind(expected: str, node: Any) -> KustomizeError:
    """Return the error for a node that is not *expected*."""
    from fairlead.engines.kustomize.emit import render

    return KustomizeError(
        f"wrong node kind: expected {expected} but got {kind_name(peel(node))}: node contents:\n{render(node)}"
    )


def copied(node: Any) -> Any:
    """Return a deep copy; boxes become their content."""
    kind = node.__class__
    if kind is dict:
        return {key: item if item.__class__ is str else copied(item) for key, item in node.items()}
    if kind is list:
        return [item if item.__class__ is str else copied(item) for item in node]
    return node.value if kind is Cell else node


# Writing into a node, with kyaml's rules for what keeps its quotes.


def put_text(old: Any, text: str) -> Any:
    """Return what stands in *old*'s place once its text is set: an unquoted one is read anew."""
    old = peel(old)
    return old.__class__(text) if isinstance(old, Quoted) else plain(text)


def put_string(old: Any, text: str) -> Any:
    """Return *text* as a string with the quotes of *old*."""
    old = peel(old)
    return old.__class__(text) if isinstance(old, Quoted) else str(text)


def put_node(old: Any, node: Any) -> Any:
    """Return the scalar *node* with the quotes of *old*, the scalar it replaces; containers as they are."""
    node = peel(node)
    if node.__class__ is dict or node.__class__ is list:
        return node
    old = peel(old)
    if isinstance(old, Quoted):
        return node if is_null(node) else old.__class__(text_of(node))
    return str(node) if isinstance(node, Quoted) else node


def assign(container: Any, key: Any, node: Any) -> None:
    """Put *node* at *key*, where a node is, in all the places that share it."""
    old = container[key]
    if old.__class__ is Cell:
        old.value = peel(node)
    else:
        container[key] = node


def fresh(node: Any) -> Any:
    """Return *node* as a new field holds it: a word that YAML 1.1 misreads is quoted."""
    if node.__class__ is str and is_old_word(node):
        return Quoted(node)
    return quoted_word(node)


def quoted_word(node: Any) -> Any:
    """Return *node* as kyaml sets a field: a word without a tag that YAML 1.1 misreads is quoted."""
    if node.__class__ is Scalar and not node.tag and is_old_word(node.text) and tag_of(node.text) != TIME:
        return Quoted(node.text)
    return node


def is_old_word(text: str) -> bool:
    """Whether YAML 1.1 reads *text* as something else than a string."""
    if not text or "\n" in text:
        return False
    if resolve(text).__class__ is not str:
        return True
    first = text[0]
    if first in "[{" or (first.isdigit() and tag_of(text) == TIME):
        return True
    return ": " in text or text.endswith(":") or (first in "-#&" and _reads_as_container(text))


def _reads_as_container(text: str) -> bool:
    return text.startswith(("- ", "#"))


def new_key(name: str) -> str:
    """Return *name* as the key of a new entry, which is written without quotes."""
    return name if tag_of(name) == STR else Key(name)


# To values and back.


def to_value(node: Any) -> Any:
    """Return *node* as a JSON value.

    Raises: KustomizeError for a key that is not text below the top, as kustomize cannot print it.
    """
    return {str(key): _value(item) for key, item in node.items()} if node.__class__ is dict else _value(node)


def _value(node: Any) -> Any:
    kind = node.__class__
    if kind is str:
        return node
    if kind is dict:
        found = {}
        for key, item in node.items():
            if key.__class__ is Key:
                raise KustomizeError("json: unsupported type: map[interface {}]interface {}")
            found[key] = item if item.__class__ is str else _value(item)
        return found
    if kind is list:
        return [item if item.__class__ is str else _value(item) for item in node]
    if kind is Quoted:
        return str(node)
    if kind is Folded:
        return refolded(node)
    return _value(node.value) if kind is Cell else _scalar_value(node)


def _scalar_value(node: Scalar) -> Any:
    tag = node.tag
    if not tag:
        read = plain(node.text)
        return read if read.__class__ is str else _scalar_value(read)
    if tag == NULL:
        return "" if node is EMPTY_IN_FLOW else None
    if tag == TIME:
        return _moment(node.text)
    if tag == BINARY:
        import base64

        try:
            return base64.b64decode("".join(node.text.split()), validate=True).decode("utf-8", "replace")
        except ValueError:  # no base64, or not even ASCII
            raise KustomizeError("yaml: !!binary value contains invalid base64 data") from None
    if tag not in (BOOL, INT, FLOAT):
        return node.text
    value = resolve_v3(node.text)
    found = tag_of(node.text)
    if found != tag and not (tag == FLOAT and found == INT):
        raise KustomizeError(f"yaml: cannot decode {found} `{node.text}` as a {tag}")
    if value.__class__ is float and (value != value or value in _INFINITE):
        name = {"inf": "+Inf", "-inf": "-Inf"}.get(str(value), "NaN")
        raise KustomizeError(f"json: unsupported value: {name}")
    return value


def refolded(text: str) -> str:
    """Return what becomes of *text* when go-yaml v3 writes it as a folded block and reads it again.

    An empty line appears before lines that are indented more, and one at the end where several are.
    """
    known = _refolded.get(text)
    if known is None:
        if len(_refolded) >= _REFOLDED_LIMIT:
            _refolded.clear()
        known = _refolded[text] = _refold(text)
    return known


def _is_block(text: str) -> bool:
    """Whether go-yaml v3 writes *text* as a block."""
    if not text or text[-1] == " " or " \n" in text:
        return False
    others = {char for char in text if not " " <= char <= "~"} - {"\n", "\t"}
    return all(
        char >= "\xa0" and not "\ud800" <= char <= "\udfff" and char not in "\u2028\u2029\ufeff\ufffe\uffff"
        for char in others
    )


def _refold(text: str) -> str:
    if not _is_block(text):
        return str(text)
    first = text.lstrip("\n")[:1]
    doubles = first not in ("", " ", "\t")
    hint = "2" if text[0] in " \n" else ""
    chomp = "" if text[-1] == "\n" else "-"
    if text == "\n" or text.endswith("\n\n"):
        chomp = "+"
    parts = [f">{hint}{chomp}\n"]
    breaks = leading = True
    for char in text:
        if char == "\n":
            if not breaks and not leading and doubles:
                parts.append("\n")
            parts.append("\n")
            breaks = True
            continue
        if breaks:
            parts.append("  ")
            leading = char in " \t"
        parts.append(char)
        breaks = False
    try:
        return str(goyaml.load(f"- {''.join(parts)}")[0])
    except goyaml.YamlError as error:
        raise KustomizeError(f"yaml: {getattr(error.__cause__, 'problem', error)}") from error


def from_value(value: Any) -> Any:
    """Return the node that kustomize makes of a JSON value, numbers as Go's float64 writes them."""
    kind = value.__class__
    if kind is dict:
        return {key if tag_of(key) == STR else Quoted(key): from_value(item) for key, item in value.items()}
    if kind is list:
        return [from_value(item) for item in value]
    if kind is str:
        return string_node(value)
    if value is None:
        return Scalar("null", NULL)
    if kind is bool:
        return Scalar("true" if value else "false", BOOL)
    return plain(float64_text(float(value)))


def string_node(text: str) -> str:
    """Return *text* as go-yaml writes and reads back a string: quoted where it must be."""
    if "\n" in text or tag_of(text) != STR or text in _OLD_BOOLS or is_base60(text) or _needs_quotes(text):
        return Quoted(text)
    return text


def _needs_quotes(text: str) -> bool:
    return (
        not text
        or text[0] in "#,[]{}&*!|>'\"%@` "
        or text[-1] in " :"
        or ": " in text
        or " #" in text
        or (text[0] in "-?:" and (len(text) == 1 or text[1] == " "))
        or text.startswith(("---", "..."))
        or not text.isprintable()
    )


def _moment(text: str) -> str:
    """Return a YAML time as RFC 3339 has it, "" when it is none."""
    found = timestamp(text)
    if found is None:
        return ""
    (year, month, day), (hour, minute, second), fraction, zone = found
    fraction = fraction.rstrip("0")
    zone = "Z" if not zone or zone[1:] == "00:00" else zone
    stamp = f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"
    return f"{stamp}.{fraction}{zone}" if fraction else f"{stamp}{zone}"
