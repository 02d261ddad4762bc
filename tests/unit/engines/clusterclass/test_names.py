"""Names of managed objects: defaults, templates, limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairlead.base.objects import Json
from fairlead.engines.clusterclass import naming

LONG = "c" * 60


def dice(*texts: str) -> Callable[[], str]:
    left = iter(texts)
    return lambda: next(left)


def of_class(**parts: Any) -> Json:
    return {"spec": {key: {"naming": {"template": text}} for key, text in parts.items()}}


NAMED = {"naming": {"template": "{{ .random }}-{{ .machineDeployment.topologyName }}"}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(naming.infrastructure_cluster_name(of_class(), "skiff", dice("aaaaa")), "skiff-aaaaa", id="infra"),
        pytest.param(naming.control_plane_name(of_class(), "skiff", dice("aaaaa")), "skiff-aaaaa", id="control-plane"),
        pytest.param(
            naming.machine_deployment_name({}, "skiff", "md-0", dice("aaaaa")), "skiff-md-0-aaaaa", id="deployment"
        ),
        pytest.param(naming.machine_pool_name({}, "skiff", "mp", dice("aaaaa")), "skiff-mp-aaaaa", id="pool"),
        pytest.param(naming.control_plane_template_name("skiff", dice("aaaaa")), "skiff-aaaaa", id="machine-template"),
        pytest.param(naming.worker_template_name("skiff", "md", dice("aaaaa")), "skiff-md-aaaaa", id="worker-template"),
        pytest.param(
            naming.infrastructure_cluster_name(of_class(infrastructure="{{ .cluster.name }}"), "skiff", dice("a")),
            "skiff",
            id="infra-template",
        ),
        pytest.param(
            naming.control_plane_name(of_class(controlPlane="cp-{{ .cluster.name }}"), "skiff", dice("a")),
            "cp-skiff",
            id="control-plane-template",
        ),
        pytest.param(naming.machine_deployment_name(NAMED, "x", "md", dice("aaaaa")), "aaaaa-md", id="own-template"),
        pytest.param(
            naming.control_plane_name(of_class(), LONG, dice("aaaaa", "bbbbb")), LONG[:58] + "bbbbb", id="long-name"
        ),
        pytest.param(naming.worker_template_name(LONG, "md", dice("aaaaa")), LONG[:58] + "aaaaa", id="long-template"),
        pytest.param(naming.worker_template_name("c" * 55, "m", dice("aaaaa")), "c" * 55 + "-m-aaaaa", id="just-fits"),
    ],
)
def test_name(found: str, expected: str) -> None:
    """Names have at most 63 characters; a longer one is cut at 58 and gets fresh random characters."""
    assert found == expected
    assert len(found) <= naming.MAX_CHARS


@pytest.mark.parametrize(
    ("template", "phrase"),
    [
        pytest.param("{{ .cluster.name", "parsing template", id="unclosed"),
        pytest.param("{{ .cluster.nme }}", 'map has no entry for key "nme"', id="unknown-field"),
        pytest.param("{{ .machineDeployment.topologyName }}", 'no entry for key "machineDeployment"', id="other-kind"),
        pytest.param("{{ quote .cluster.name }}", 'function "quote" not defined', id="no-sprig-here"),
    ],
)
def test_broken_template(template: str, phrase: str) -> None:
    """The error says where in the template it is wrong, in Go's words."""
    with pytest.raises(naming.NamingError, match=phrase):
        naming.control_plane_name(of_class(controlPlane=template), "skiff", dice("aaaaa"))
