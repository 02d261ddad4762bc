"""From a Kustomization and a source's tree to the objects that are to be applied. Pure.

Source: fluxcd/pkg/kustomize (kustomize_generator.go, kustomize_varsub.go), kustomize-controller v1.9 (build).
Paths in messages are those of the repository, where upstream prints a temporary folder.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, annotations, copy, get_in, labels
from fairlead.engines.kustomize import KustomizeError, Loader, build
from fairlead.engines.kustomize.loader import FILE_NAMES, join
from fairlead.engines.substitution import SubstitutionError, substitute

SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute"


class BuildError(Exception):
    """The overlay cannot be built; the text is the condition's message."""


class PathError(BuildError):
    """The path is not in the source."""


Answers = Mapping[tuple[str, str], object]  # what was asked of a tree: (question, path) -> answer


@dataclass(frozen=True, slots=True)
class Built:
    """The objects, a digest of all of them as text, and all that was looked at in the tree."""

    objects: tuple[Json, ...]
    digest: str
    answers: Answers

    def holds_for(self, tree: Loader) -> bool:
        """Whether *tree* would give the same objects, because nothing that was looked at is different in it."""
        return all(_ask(tree, question, path) == answer for (question, path), answer in self.answers.items())


def _ask(tree: Loader, question: str, path: str) -> object:
    try:
        answer = getattr(tree, question)(path)
    except KustomizeError:
        return None
    return tuple(answer) if question == "list" else answer


class _Remembering:
    """Another loader, of which it is remembered what was asked and answered."""

    def __init__(self, below: Loader) -> None:
        self._below = below
        self.answers: dict[tuple[str, str], object] = {}

    def _ask(self, question: str, path: str) -> Any:
        if (question, path) not in self.answers:
            self.answers[question, path] = _ask(self._below, question, path)
        return self.answers[question, path]

    def read(self, path: str) -> bytes:
        data: bytes | None = self._ask("read", path)
        return data if data is not None else self._below.read(path)  # which raises

    def is_file(self, path: str) -> bool:
        return bool(self._ask("is_file", path))

    def is_folder(self, path: str) -> bool:
        return bool(self._ask("is_folder", path))

    def list(self, path: str) -> Iterable[str]:
        names: tuple[str, ...] = self._ask("list", path)
        return names


class _Overlaid:
    """Another loader's files, one of them replaced or added."""

    def __init__(self, below: Loader, path: str, data: bytes) -> None:
        self._below, self._path, self._data = below, path, data

    def read(self, path: str) -> bytes:
        return self._data if join(".", path) == self._path else self._below.read(path)

    def is_file(self, path: str) -> bool:
        return join(".", path) == self._path or self._below.is_file(path)

    def is_folder(self, path: str) -> bool:
        return self._below.is_folder(path)

    def list(self, path: str) -> Iterable[str]:
        names = set(self._below.list(path))
        folder, _, name = self._path.rpartition("/")
        if join(".", path) == (folder or "."):
            names.add(name)
        return sorted(names)


def build_objects(spec: Mapping[str, Any], tree: Loader, variables: Callable[[], Mapping[str, str]]) -> Built:
    """The objects of a Kustomization's *spec* over a source's *tree*.

    *variables* is asked for the first object that may be substituted, and may refuse.

    Raises:
        PathError: `spec.path` is not in the tree.
        BuildError: anything else that is wrong with the files or the spec.
    """
    if spec.get("decryption"):
        raise BuildError(
            "decryption is not supported: spec.decryption.provider 'sops' is set; "
            "keep secrets out of the repository or let another controller decrypt them"
        )
    seen = _Remembering(tree)
    path = _folder(spec, seen)
    name, config = _kustomization(seen, path)
    _overlay(config, path, spec, seen)
    try:
        built = build(path, _Overlaid(seen, name, goyaml.dump(config).encode()), anywhere=True)
    except KustomizeError as error:
        raise BuildError(f"kustomize build failed: {error}") from error
    objects = [_checked(_plain(obj)) for obj in built.resources]
    if spec.get("postBuild") is not None:
        always = spec["postBuild"].get("substituteStrategy") == "Always"
        objects = [_substituted(obj, variables, always) for obj in objects]
    text = "---\n".join(goyaml.dump(obj) for obj in objects)
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return Built(tuple(_with_common(obj, spec) for obj in objects), digest, seen.answers)


def _folder(spec: Mapping[str, Any], tree: Loader) -> str:
    given = (spec.get("path") or "./").lstrip("/") or "."
    try:
        path = join(".", given)
    except KustomizeError:
        path = given
    if not tree.is_folder(path):
        raise PathError(f"kustomization path not found: stat {path}: no such file or directory")
    return path


def _kustomization(tree: Loader, path: str) -> tuple[str, Json]:
    """The folder's kustomization file, or one that takes every manifest below it: its path and content."""
    for file_name in FILE_NAMES:
        name = join(path, file_name)
        if tree.is_file(name):
            return name, _existing(name, tree.read(name))
    resources = _manifests(tree, path, path)
    config: Json = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    config |= {"resources": resources} if resources else {"namespace": "_placeholder"}
    return join(path, "kustomization.yaml"), config


def _existing(name: str, data: bytes) -> Json:
    try:
        config = goyaml.load(data, source=name)
    except goyaml.YamlError as error:
        raise BuildError(f"{error.go_text} ({error.source}:{error.line})") from error
    if config is None:
        config = {}
    if not isinstance(config, dict):
        raise BuildError(f"{name}: a kustomization must be a mapping of fields, found {type(config).__name__}")
    if not config.get("resources"):
        config = {**config, "buildMetadata": ["originAnnotations"]}
    return config


def _manifests(tree: Loader, root: str, folder: str) -> list[str]:
    found = []
    for name in tree.list(folder):
        path = join(folder, name)
        shown = f"./{path if root == '.' else path[len(root) + 1 :]}"
        if tree.is_folder(path):
            if any(tree.is_file(join(path, known)) for known in FILE_NAMES):
                found.append(shown)
            else:
                found += _manifests(tree, root, path)
        elif name.endswith((".yaml", ".yml")):
            _decode(path, tree.read(path))
            found.append(shown)
    return found


def _decode(path: str, data: bytes) -> None:
    """Complain of what is not a Kubernetes object. Raises: BuildError."""
    start = f"failed to decode Kubernetes YAML from {path}"
    try:
        documents = goyaml.load_all_with_lines(data, source=path)
        for document, lines in documents:
            if document is None:
                continue
            fault = _fault(document)
            if fault:
                place = lines.line
                raise BuildError(f"{start}: {fault} ({path}:{place})")
    except goyaml.YamlError as error:
        where = f" ({path}:{error.line}:{error.column})" if error.line else ""
        raise BuildError(f"{start}: MalformedYAMLError: {error.go_text}{where}") from error


def _fault(document: object) -> str:
    """What keeps *document* from being a Kubernetes object; empty when nothing does."""
    if not isinstance(document, dict):
        return f"expected a mapping of fields, found {type(document).__name__}"
    if not document.get("kind"):
        return "missing Kind in object"
    if str(document["kind"]).endswith("List"):
        return ""
    if not get_in(document, "metadata", "name") and not get_in(document, "metadata", "generateName"):
        gvk = GVK.of(document)
        return f"missing metadata.name in object {{{{{gvk.api_version} {gvk.kind}}} {{{{ }} map[] map[]}}}}"
    return ""


def _overlay(config: Json, path: str, spec: Mapping[str, Any], tree: Loader) -> None:
    """Lay what the Kustomization itself asks for over the kustomization file."""
    for field, target in (("targetNamespace", "namespace"), ("namePrefix", "namePrefix"), ("nameSuffix", "nameSuffix")):
        if spec.get(field):
            config[target] = spec[field]
    if spec.get("patches"):
        config["patches"] = [*(config.get("patches") or []), *spec["patches"]]
    components = [part for part in spec.get("components") or () if _is_wanted(part, path, spec, tree)]
    if components:
        config["components"] = [*(config.get("components") or []), *components]
    if spec.get("images"):
        config["images"] = _images(config.get("images") or [], spec["images"])
    if spec.get("buildMetadata"):
        config["buildMetadata"] = list(spec["buildMetadata"])


def _is_wanted(component: str, path: str, spec: Mapping[str, Any], tree: Loader) -> bool:
    if "://" in component or component.startswith("/"):
        raise BuildError(f"component path '{component}' must be local and relative")
    if not spec.get("ignoreMissingComponents"):
        return True
    try:
        there = join(path, component)
    except KustomizeError:
        return False
    return tree.is_folder(there) or tree.is_file(there)


def _images(given: list[Json], more: Iterable[Json]) -> list[Json]:
    """The images of the file, with those of the spec laid over entries of the same name."""
    images = [dict(image) for image in given]
    for image in more:
        known = next((entry for entry in images if entry.get("name") == image["name"]), None)
        if known is None:
            images.append(dict(image))
            continue
        if image.get("newName"):
            known["newName"] = image["newName"]
        if image.get("newTag") or image.get("digest"):
            for part in ("newTag", "digest"):
                known.pop(part, None)
                if image.get(part):
                    known[part] = image[part]
    return images


def _plain(value: Any) -> Any:
    """*value* as JSON has it: the engine's texts, which know how they were quoted, become ordinary ones."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def _checked(obj: Json) -> Json:
    if not obj.get("kind") or not obj.get("apiVersion") or not get_in(obj, "metadata", "name"):
        text = goyaml.dump(obj)
        raise BuildError(f"failed to decode Kubernetes apiVersion, kind and name from: {text}")
    for part, kind in (("name", str), ("namespace", str), ("labels", dict), ("annotations", dict)):
        value = obj["metadata"].get(part)
        if value is not None and not isinstance(value, kind):
            wanted = "a text; put it in quotes" if kind is str else "a mapping of texts"
            raise BuildError(f"{obj['kind']} '{obj['metadata']['name']}': metadata.{part} {value!r} must be {wanted}")
    if obj["kind"] == "Secret" and "sops" in obj:
        name = f"Secret/{get_in(obj, 'metadata', 'namespace', default='')}/{obj['metadata']['name']}"
        raise BuildError(
            f"{name} is SOPS encrypted, configuring decryption is required for this secret to be reconciled"
        )
    return obj


def _with_common(obj: Json, spec: Mapping[str, Any]) -> Json:
    """Add commonMetadata."""
    common = spec.get("commonMetadata") or {}
    if not common:
        return obj
    changed: Json = copy(obj)
    for part in ("labels", "annotations"):
        if common.get(part):
            changed["metadata"][part] = {**(changed["metadata"].get(part) or {}), **common[part]}
    return changed


def _shown(obj: Json) -> str:
    """The object as kustomize names it: `Kind.version.group/name`."""
    gvk = GVK.of(obj)
    return f"{gvk.kind}.{gvk.version or '[noVer]'}.{gvk.group or '[noGrp]'}/{get_in(obj, 'metadata', 'name')}"


def _substituted(obj: Json, variables: Callable[[], Mapping[str, str]], always: bool) -> Json:
    if "disabled" in (labels(obj).get(SUBSTITUTE), annotations(obj).get(SUBSTITUTE)):
        return obj
    try:
        values = variables()
        if not values and not always:
            return obj
        text = goyaml.dump(obj)
        if "$" not in text:
            return obj
        changed = goyaml.load(substitute(text, values))
    except SubstitutionError as error:
        raise BuildError(f"post build failed for '{_shown(obj)}': envsubst error: {error}") from error
    except goyaml.YamlError as error:
        text = f"post build failed for '{_shown(obj)}': envsubst error: YAMLToJSON: {error.go_text}"
        raise BuildError(text) from error
    except BuildError as error:
        raise BuildError(f"post build failed for '{_shown(obj)}': {error}") from error
    if not isinstance(changed, dict):
        raise BuildError(f"post build failed for '{_shown(obj)}': UnmarshalJSON: the result is not an object")
    return changed
