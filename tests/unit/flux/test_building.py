"""From files and a Kustomization to objects, and the words for what is wrong with them."""

import io
import tarfile
from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from fairlead.base.objects import Json
from fairlead.controllers.flux.artifacts import archive
from fairlead.controllers.flux.kustomize.building import BuildError, PathError, build_objects
from fairlead.engines.kustomize import MemoryLoader

ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\ndata:\n  k: v\n"
TWO = ONE.replace("one", "two")


def build(files: Mapping[str, str], variables: Mapping[str, str] | None = None, **spec: Any) -> tuple[Json, ...]:
    tree = MemoryLoader({path: text.encode() for path, text in files.items()})
    return build_objects({"path": "./app", **spec}, tree, lambda: variables or {}).objects


def names(objects: tuple[Json, ...]) -> list[str]:
    return [obj["metadata"]["name"] for obj in objects]


def test_a_folder_without_kustomization_takes_all_manifests() -> None:
    """Every .yaml and .yml below counts; a folder with its own kustomization.yaml counts as one overlay."""
    files = {
        "app/one.yaml": ONE,
        "app/deep/two.yml": TWO,
        "app/readme.md": "no",
        "app/over/kustomization.yaml": "namePrefix: over-\nresources: [cm.yaml]\n",
        "app/over/cm.yaml": ONE,
        "app/over/unlisted.yaml": TWO,
        "elsewhere/three.yaml": ONE.replace("one", "three"),
    }
    assert sorted(names(build(files))) == ["one", "over-one", "two"]


def test_a_folder_of_nothing_gives_nothing() -> None:
    """A path without manifests is no error: everything that was applied from it is pruned."""
    assert build({"app/readme.md": "hello"}) == ()


@pytest.mark.parametrize(
    ("files", "spec", "message"),
    [
        pytest.param(
            {"other/one.yaml": ONE},
            {},
            "kustomization path not found: stat app: no such file or directory",
            id="path",
        ),
        pytest.param(
            {"app/one.yaml": "a: b\nc: d: e\n"},
            {},
            "failed to decode Kubernetes YAML from app/one.yaml: MalformedYAMLError: "
            "yaml: line 2: mapping values are not allowed in this context (app/one.yaml:2:5)",
            id="yaml",
        ),
        pytest.param(
            {"app/one.yaml": f"{ONE}---\napiVersion: v1\nkind: ConfigMap\n"},
            {},
            "failed to decode Kubernetes YAML from app/one.yaml: "
            "missing metadata.name in object {{v1 ConfigMap} {{ } map[] map[]}} (app/one.yaml:8)",
            id="no-name",
        ),
        pytest.param(
            {"app/one.yaml": "- a\n- b\n"},
            {},
            "failed to decode Kubernetes YAML from app/one.yaml: "
            "expected a mapping of fields, found list (app/one.yaml:1)",
            id="no-object",
        ),
        pytest.param(
            {"app/one.yaml": ONE.replace("name: one", "name: one\n  namespace: 12")},
            {},
            "ConfigMap 'one': metadata.namespace 12 must be a text; put it in quotes",
            id="namespace-number",
        ),
        pytest.param(
            {"app/one.yaml": ONE.replace("name: one", "name: one\n  labels: [a]")},
            {},
            "ConfigMap 'one': metadata.labels ['a'] must be a mapping of texts",
            id="labels",
        ),
        pytest.param(
            {"app/kustomization.yaml": "resource: [one.yaml]\n", "app/one.yaml": ONE},
            {},
            'kustomize build failed: invalid Kustomization: app/kustomization.yaml: json: unknown field "resource"',
            id="misspelt",
        ),
        pytest.param(
            {"app/kustomization.yaml": "resources: [one.yaml]\n", "app/one.yaml": "a: b\nc: d: e\n"},
            {},
            "kustomize build failed: accumulating resources: accumulating resources from 'one.yaml': "
            "MalformedYAMLError: yaml: line 2: mapping values are not allowed in this context in File: app/one.yaml",
            id="yaml-of-an-overlay",
        ),
        pytest.param(
            {"app/one.yaml": ONE},
            {"components": ["/abs"]},
            "component path '/abs' must be local and relative",
            id="component",
        ),
        pytest.param(
            {"app/one.yaml": ONE},
            {"decryption": {"provider": "sops"}},
            "decryption is not supported: spec.decryption.provider 'sops' is set; "
            "keep secrets out of the repository or let another controller decrypt them",
            id="decryption",
        ),
        pytest.param(
            {"app/s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: ns}\nsops: {mac: x}\n"},
            {},
            "Secret/ns/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled",
            id="sops",
        ),
        pytest.param(
            {"app/one.yaml": ONE.replace("v\n", "${x\n")},
            {"postBuild": {}},
            "post build failed for 'ConfigMap.v1.[noGrp]/one': envsubst error: "
            "variable substitution failed: missing closing brace",
            id="substitution",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(files: dict[str, str], spec: dict[str, Any], message: str) -> None:
    """Upstream's words, with the file as it is called in the repository, and the line where there is one."""
    with pytest.raises(BuildError) as caught:
        build(files, {"a": "b"}, **spec)
    assert str(caught.value) == message
    assert isinstance(caught.value, PathError) is message.startswith("kustomization path")


def test_files_anywhere_in_the_source_may_be_used() -> None:
    """A kustomization may name a file beside its folder, but none outside the source."""
    given = "resources: [../shared/one.yaml]\n"
    assert names(build({"app/kustomization.yaml": given, "shared/one.yaml": ONE})) == ["one"]
    with pytest.raises(BuildError, match="outside the tree"):
        build({"app/kustomization.yaml": "resources: [../../one.yaml]\n"})


def test_objects_are_plain_json() -> None:
    """Manifests in JSON, or with quoted keys, give ordinary texts that any encoder takes."""
    text = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"k": "1"}}'
    (obj,) = build({"app/one.yaml": text}, namePrefix="pre-")
    assert orjson.loads(orjson.dumps(obj))["metadata"]["name"] == "pre-one"


def test_the_path_cannot_leave_the_source() -> None:
    """A path with .. is not found, whatever lies there."""
    with pytest.raises(PathError):
        build({"app/one.yaml": ONE}, path="../../etc")


def test_variables_are_substituted_only_where_asked() -> None:
    """Without postBuild, without variables, or with the annotation, `${…}` stays; an unknown one is an error."""
    text = ONE.replace("k: v", "k: a${x}b${y:=c}")
    assert build({"app/one.yaml": text}, {"x": "1"})[0]["data"]["k"] == "a${x}b${y:=c}"
    assert build({"app/one.yaml": text}, {}, postBuild={})[0]["data"]["k"] == "a${x}b${y:=c}"
    assert build({"app/one.yaml": text}, {"x": "1"}, postBuild={})[0]["data"]["k"] == "a1bc"
    for variables, post in (({"z": "1"}, {}), ({}, {"substituteStrategy": "Always"})):
        with pytest.raises(BuildError, match=r"ConfigMap.v1.\[noGrp\]/one.*variable not set \(strict mode\): \"x\""):
            build({"app/one.yaml": text}, variables, postBuild=post)
    marked = text.replace("name: one", "name: one\n  labels: {kustomize.toolkit.fluxcd.io/substitute: disabled}")
    assert build({"app/one.yaml": marked}, {"x": "1"}, postBuild={})[0]["data"]["k"] == "a${x}b${y:=c}"


def test_images_of_the_spec_are_laid_over_those_of_the_file() -> None:
    """A tag in the spec takes the place of a digest in the file; a new name leaves the tag alone."""
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: web}]}\n"
    given = "resources: [pod.yaml]\nimages: [{name: web, digest: 'sha256:abc'}]\n"
    files = {"app/pod.yaml": pod, "app/kustomization.yaml": given}
    by_tag = build(files, images=[{"name": "web", "newTag": "2"}])
    assert by_tag[0]["spec"]["containers"][0]["image"] == "web:2"
    by_name = build(files, images=[{"name": "web", "newName": "shop"}])
    assert by_name[0]["spec"]["containers"][0]["image"] == "shop@sha256:abc"


def test_missing_components_may_be_ignored() -> None:
    """ignoreMissingComponents leaves out a component folder that is not there."""
    files = {"app/one.yaml": ONE}
    with pytest.raises(BuildError):
        build(files, components=["../extra"])
    assert names(build(files, components=["../extra"], ignoreMissingComponents=True)) == ["one"]


def test_the_same_files_give_the_same_digest() -> None:
    """The digest in the history tells builds apart by their objects alone."""
    first = MemoryLoader({"app/one.yaml": ONE.encode(), "readme": b"1"})
    second = MemoryLoader({"app/one.yaml": ONE.encode(), "readme": b"2"})
    third = MemoryLoader({"app/one.yaml": TWO.encode()})
    digests = [build_objects({"path": "app"}, tree, dict).digest for tree in (first, second, third)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        pytest.param({"docs/new.md": "x"}, True, id="elsewhere"),
        pytest.param({"app/one.yaml": TWO}, False, id="changed"),
        pytest.param({"app/two.yaml": TWO}, False, id="added"),
        pytest.param({"app/deep/three.yaml": TWO}, False, id="added-below"),
        pytest.param({"app/kustomization.yaml": "resources: [one.yaml]"}, False, id="now-an-overlay"),
    ],
)
def test_a_build_holds_while_nothing_that_was_read_changes(change: dict[str, str], holds: bool) -> None:
    """Only a tree that differs in something that was looked at needs another build."""
    files = {"app/one.yaml": ONE, "app/deep/readme.md": "", "docs/a.md": ""}
    first = MemoryLoader({path: text.encode() for path, text in files.items()})
    second = MemoryLoader({path: text.encode() for path, text in {**files, **change}.items()})
    assert build_objects({"path": "app"}, first, dict).holds_for(second) is holds


def test_archives_are_tars_that_depend_on_content_alone() -> None:
    """Any tar reads them, whatever the paths; the same tree gives the same bytes."""
    tree = {"b/c.yaml": b"x" * 700, "a": b"", "\u00e9.txt": b"1", "long/" + "n" * 150: b"2", "q" * 100: b"3"}
    data = archive(tree)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {member.name: file.read() for member in tar if (file := tar.extractfile(member)) is not None}
    assert found == tree
    assert archive(dict(reversed(tree.items()))) == data
