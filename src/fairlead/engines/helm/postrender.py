"""What happens to rendered files around a post-renderer.

Pure. Source: Helm v4.3 pkg/action/action.go (annotateAndMerge, splitAndDeannotate). All documents, hooks too,
go through as one stream, each with an annotation that names its file.
"""

from __future__ import annotations

from fairlead.engines.helm.documents import split_manifests
from fairlead.engines.helm.errors import RenderError
from fairlead.engines.helm.functions.strings import SPACE
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kyaml.nodes import annotation, clear_annotation, set_annotation
from fairlead.engines.kyaml.resources import parse_all, string_all

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

    from fairlead.engines.kyaml.nodes import Node

FILE = "postrenderer.helm.sh/postrender-filename"


def post_render(files: dict[str, str], renderer: Callable[[str], str]) -> dict[str, str]:
    """Return *files* as *renderer* leaves them.

    Raises:
        RenderError: in Helm's words.
    """
    return split(renderer(merge(files)))


def merge(files: dict[str, str]) -> str:
    """Return all documents of *files* as one stream, in the order of the files' names.

    Raises:
        RenderError: one of them is not YAML.
    """
    merged: list[Node] = []
    for name in sorted(files):
        if name.rpartition("/")[2].startswith("_") or not files[name].strip(SPACE):
            continue
        for text in split_manifests(files[name]):
            try:
                found = parse_all(text)
            except KustomizeError as error:
                raise _failed(f"error merging manifests: parsing {name}: {error}", name) from error
            for node in found:
                set_annotation(node, FILE, name)
            merged += found
    try:
        return string_all(merged)
    except KustomizeError as error:
        raise _failed(f"error merging manifests: writing merged docs: {error}") from error


def split(text: str) -> dict[str, str]:
    """Return the documents of *text* by the files that they name.

    Raises:
        RenderError: the text is not YAML.
    """
    files: dict[str, list[Node]] = {}
    try:
        found = parse_all(text)
    except KustomizeError as error:
        raise _failed(f"error while parsing post rendered output: error parsing YAML: {error}") from error
    for at, node in enumerate(found):
        name = annotation(node, FILE) or f"generated-by-postrender-{at}.yaml"
        clear_annotation(node, FILE)
        files.setdefault(name, []).append(node)
    try:
        return {name: string_all(nodes) for name, nodes in files.items()}
    except KustomizeError as error:
        raise _failed(f"error while parsing post rendered output: {error}") from error


def _failed(text: str, file: str = "") -> RenderError:
    error = RenderError(text)
    if file:
        error.file = file
    return error
