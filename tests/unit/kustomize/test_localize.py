"""Copies of kustomizations that stand alone; the texts are what kustomize 5.8.2 writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.__main__ import main
from fairlead.engines.kustomize import KustomizeError, MemoryLoader
from fairlead.engines.kustomize.files import Files
from fairlead.engines.kustomize.localize import localize
from fairlead.engines.kustomize.remote import Repository

OBJECT = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\n"
TREE = {
    "over/kustomization.yaml": b"""\
resources: [../base, c.yaml]
components: [../base/comp]
namePrefix: p-
patches:
- path: ./p.yaml
configMapGenerator:
- name: g
  files: [key=a.txt, ./a.txt]
  envs: [a.env]
transformers:
- t.yaml
- |-
  apiVersion: builtin
  kind: PatchTransformer
  metadata: {name: inline}
  path: ./p.yaml
helmCharts:
- name: web
  valuesFile: values.yaml
""",
    "over/c.yaml": OBJECT,
    "over/p.yaml": OBJECT + b"data: {k: v}\n",
    "over/a.txt": b"text",
    "over/a.env": b"A=1\n",
    "over/values.yaml": b"{}\n",
    "over/unused.yaml": b"{}\n",
    "over/charts/web/Chart.yaml": b"name: web\n",
    "over/t.yaml": b"apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: t}\nprefix: q-\n",
    "base/kustomization.yml": b"resources: [x.yaml]\n",
    "base/x.yaml": OBJECT.replace(b"conf", b"x"),
    "base/comp/Kustomization": b"kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n",
}
COPY = """\
components:
- ../base/comp
configMapGenerator:
- envs:
  - a.env
  files:
  - key=a.txt
  - a.txt
  name: g
helmCharts:
- name: web
  valuesFile: values.yaml
namePrefix: p-
patches:
- path: p.yaml
resources:
- ../base
- c.yaml
transformers:
- t.yaml
- |
  apiVersion: builtin
  kind: PatchTransformer
  metadata:
    name: inline
  path: p.yaml
"""


def _copied(tree: dict[str, bytes], root: str = "over", scope: str = ".") -> dict[str, bytes]:
    return localize(Files(MemoryLoader(tree), root), scope)


def test_all_that_is_read_is_copied_and_named_plainly() -> None:
    """Files, bases, components, plugins in place and in files, and the charts' folder; nothing else."""
    found = _copied(TREE)
    assert found["over/kustomization.yaml"].decode() == COPY
    assert set(TREE) - set(found) == {"over/unused.yaml"}
    assert found["over/t.yaml"] == b"apiVersion: builtin\nkind: PrefixTransformer\nmetadata:\n  name: t\nprefix: q-\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resources: [../base]", 'root "base" outside localize scope "over"'),
        ("components: [nope]", "unable to localize components entry: invalid root reference"),
        ("crds: [nope.json]", "unable to localize crds entry: invalid file reference"),
        ("configMapGenerator: [{name: g, files: [=x]}]", 'missing key name for file path "x"'),
        (
            "helmGlobals: {chartHome: /charts}",
            'unable to copy helmGlobals: absolute path "/charts" not handled in alpha',
        ),
        ("generators: [nope]", "when parsing as filepath received error: invalid file reference"),
    ],
    ids=["scope", "component", "file", "source", "charts", "plugin"],
)
def test_what_cannot_be_copied_is_named(text: str, message: str) -> None:
    """The error says the field and the cause."""
    with pytest.raises(KustomizeError) as caught:
        _copied({**TREE, "over/kustomization.yaml": text.encode()}, scope="over")
    assert message in str(caught.value)


class _Remote:
    def read(self, url: str) -> bytes:
        if "?" in url:
            raise KustomizeError("no file")
        return OBJECT

    def check_out(self, repository: Repository) -> str:
        return "checkout"


def test_what_is_remote_lies_in_a_folder_of_its_own() -> None:
    """By host, repository, revision and path; a reference without a revision is refused."""
    tree = {
        "over/kustomization.yaml": b"resources: ['https://e.dev/o/r//deploy?ref=v1', 'https://e.dev/a/x.yaml']\n",
        "checkout/deploy/kustomization.yaml": b"resources: [x.yaml]\n",
        "checkout/deploy/x.yaml": OBJECT,
    }
    found = localize(Files(MemoryLoader(tree), "over", remote=_Remote()), "over")
    assert sorted(found) == [
        "kustomization.yaml",
        "localized-files/e.dev/a/x.yaml",
        "localized-files/e.dev/o/r/v1/deploy/kustomization.yaml",
        "localized-files/e.dev/o/r/v1/deploy/x.yaml",
    ]
    tree["over/kustomization.yaml"] = b"components: ['https://e.dev/o/r//deploy']\n"
    with pytest.raises(KustomizeError, match="missing ref query string parameter"):
        localize(Files(MemoryLoader(tree), "over", remote=_Remote()), "over")


def test_the_command_copies_and_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The copy builds to the same; a destination that is there is refused."""
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "k/kustomization.yaml": b"resources: [../b]\n",
        "b/kustomization.yaml": b"resources: [x.yaml]\n",
        "b/x.yaml": OBJECT,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    assert main(["kustomize", "localize", "k", "--scope", "."]) == 0
    notes = capsys.readouterr().err
    copy = tmp_path / "localized-k"
    assert f"VERIFICATION SUCCESS: `kustomize build` for k and {copy} are the same" in notes
    assert (copy / "k" / "kustomization.yaml").read_text() == "resources:\n- ../b\n"
    assert main(["kustomize", "localize", "k", "--scope", "."]) == 1
    assert 'localize destination "localized-k" already exists' in capsys.readouterr().err
    assert main(["kustomize", "localize", "k", "fresh"]) == 1
    assert "outside localize scope" in capsys.readouterr().err
    assert not (tmp_path / "fresh").exists()


@pytest.mark.parametrize(
    ("words", "copy"),
    [
        ([], "localized-q"),
        (["."], "localized-q"),
        (["./", "made"], "made"),
        (["../q", "../made"], "../made"),
        (["{here}", "../made"], "../made"),
    ],
    ids=["nothing", "dot", "dot and slash", "sibling", "absolute"],
)
def test_without_a_scope_the_target_bounds_the_copy(
    words: list[str], copy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """However the target is written; the copy is built and compared."""
    here = tmp_path / "q"
    here.mkdir()
    (here / "kustomization.yaml").write_text("resources: [cm.yaml]\n")
    (here / "cm.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    monkeypatch.chdir(here)
    code = main(["kustomize", "localize", *(word.format(here=here) for word in words)])
    said = capsys.readouterr().err
    assert (code, "VERIFICATION SUCCESS" in said) == (0, True), said
    assert sorted(path.name for path in (here / copy).iterdir()) == ["cm.yaml", "kustomization.yaml"]


def test_the_version_is_the_one_it_is_like(capsys: pytest.CaptureFixture[str]) -> None:
    """As text and as JSON."""
    assert main(["kustomize", "version"]) == 0
    assert capsys.readouterr().out == "v5.8.2\n"
    main(["kustomize", "version", "-o", "json"])
    assert json.loads(capsys.readouterr().out) == {"version": "v5.8.2"}
