"""helm lint: deprecated kinds, and what templates ask for in vain. Words are helm 4.3.1's."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.engines.helm.deprecations import warning
from fairlead.testing.compat_helm import run_command


@pytest.mark.parametrize(
    ("version", "kind", "minor", "words"),
    [
        ("v1", "Endpoints", 35, "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"),
        (
            "v1",
            "EndpointsList",
            35,
            "v1 EndpointsList is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSliceList",
        ),
        ("v1", "Endpoints", 32, ""),
        ("v1", "ComponentStatus", 35, "v1 ComponentStatus is deprecated in v1.19+"),
        ("v1", "Service", 35, ""),
        (
            "policy/v1beta1",
            "PodDisruptionBudget",
            35,
            "policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; "
            "use policy/v1 PodDisruptionBudget",
        ),
    ],
)
def test_deprecated_kinds(version: str, kind: str, minor: int, words: str) -> None:
    """A kind is deprecated from a Kubernetes version on, core ones too."""
    assert warning(version, kind, 1, minor) == words


def test_what_templates_ask_for(tmp_path: Path) -> None:
    """What is required and not there, or a failure, is logged and does not fail."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 1.0.0\n")
    text = 'a: {{ required "need x" .Values.x }}{{ required "need y" "" }}{{ fail "no \\"z\\"" }}\n'
    (tmp_path / "templates/a.yaml").write_text(text)
    done = run_command(["lint", str(tmp_path)])
    assert done.code == 0
    assert done.stderr.splitlines() == [
        'level=WARN msg="missing required value" message="need x"',
        'level=WARN msg="missing required values" message="need y"',
        'level=INFO msg="funcMap fail" message="no \\"z\\""',
    ]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ("extra: 1\n", "extra"),
        ("dependencies: [{name: x, version: 1.0.0, other: 1}]\n", "other"),
        ("maintainers: [{name: x, phone: 1}]\nzero: 1\n", "phone"),
        ("NAME: b\nmaintainers: [{Name: x, URL: y}]\n", ""),
    ],
)
def test_unknown_fields(tmp_path: Path, more: str, field: str) -> None:
    """Fields that Chart.yaml does not have are told, those of dependencies and maintainers too."""
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 1.0.0\n" + more)
    done = run_command(["lint", str(tmp_path)])
    words = f'error unmarshaling JSON: while decoding JSON: json: unknown field "{field}"'
    assert (words in done.stdout) == bool(field)
