"""Fields lead back to the file and line that set them."""

from __future__ import annotations

from fairlead.engines.kustomize import MemoryLoader, build
from fairlead.engines.kustomize.explain import origin_of

FILES = {
    "over/kustomization.yaml": b"resources: [../base]\nnamePrefix: p-\npatches: [{path: patch.yaml}]\n",
    "over/patch.yaml": b"# more\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
    b"  replicas: 3\n  template:\n    spec:\n      containers:\n      - name: app\n        image: two\n",
    "base/kustomization.yaml": b"resources: [all.yaml]\nconfigMapGenerator: [{name: g}]\n",
    "base/all.yaml": b"apiVersion: v1\nkind: Service\nmetadata: {name: s}\n---\napiVersion: apps/v1\nkind: Deployment\n"
    b"metadata:\n  name: web\nspec:\n  paused: true\n  template:\n    spec:\n      containers:\n"
    b"      - name: side\n        image: x\n      - name: app\n        image: one\n        tty: true\n",
}


def test_a_field_leads_to_the_patch_or_base_that_set_it() -> None:
    """The last source that has the field counts; elements are found by name."""
    loader = MemoryLoader(FILES)
    built = build("over", loader)
    at = next(at for at, obj in enumerate(built.resources) if obj["kind"] == "Deployment")
    containers = ("spec", "template", "spec", "containers")
    wanted = {
        ("spec", "replicas"): ("patch", "over/patch.yaml", 6),
        ("spec", "paused"): ("base", "base/all.yaml", 10),
        (*containers, "app", "image"): ("patch", "over/patch.yaml", 11),
        (*containers, "app", "tty"): ("base", "base/all.yaml", 18),
        (*containers, "side", "image"): ("base", "base/all.yaml", 15),
    }
    found = {path: tuple(origin_of(built.sources[at], path, loader)) for path in wanted}
    assert found == wanted


def test_what_was_generated_leads_to_its_kustomization() -> None:
    """A generated object comes from the file that configures the generator."""
    loader = MemoryLoader(FILES)
    built = build("over", loader)
    at = next(at for at, obj in enumerate(built.resources) if obj["kind"] == "ConfigMap")
    assert origin_of(built.sources[at], ("metadata", "name"), loader)[:2] == ("generator", "base/kustomization.yaml")
