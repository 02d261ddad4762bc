"""Plugins that cannot be used, and how their words are expanded."""

from pathlib import Path

import pytest

from fairlead.cli.helm.plugins import expand, find_post_renderer
from fairlead.engines.helm import HelmError

_REST = "type: postrenderer/v1\nruntime: subprocess\nruntimeConfig: {platformCommand: [{command: cat}]}\n"


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        ("apiVersion: v1\nname: p\n", "plugin `version` is required"),
        ("apiVersion: v1\nname: p\nversion: x\n", 'invalid plugin `version` \\"x\\": must be valid semver'),
        ("apiVersion: v1\nname: 'p p'\nversion: 1.0.0\n", "invalid plugin `name`"),
        ("apiVersion: v2\nname: p\nversion: 1.0.0\n", 'invalid plugin apiVersion: \\"v2\\"'),
        ("name: p\nversion: 1.0.0\n", ""),
    ],
)
def test_descriptions_that_helm_refuses(
    head: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plugin is passed over, with helm's words; one of the old kind silently."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "plugin.yaml").write_text(head + _REST)
    monkeypatch.setenv("HELM_PLUGINS", str(tmp_path))
    with pytest.raises(HelmError, match="not found"):
        find_post_renderer("p", [])
    told = capsys.readouterr().err
    assert complaint in told
    assert bool(complaint) == bool(told)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [("$A-${A}", "1-1"), ("$AB", ""), ("$0x ${1}", "x "), ("a$", "a$"), ("$ A", "$ A"), ("$$A", "A"), ("$A.b", "1.b")],
)
def test_expand(text: str, expanded: str) -> None:
    """Variables are replaced as Go's os.Expand replaces them."""
    assert expand(text, {"A": "1"}) == expanded
