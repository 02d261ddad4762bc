"""Hints for misspelt values keys."""

from __future__ import annotations

import pytest

from fairlead.engines.helm import HelmError, load_chart, render
from fairlead.engines.helm.nearest import closest

CHART = {
    "Chart.yaml": b"apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": b"replicaCount: 1\nimage: {repository: r, tag: t}\nannotations: {}\n",
    "templates/t.yaml": b"a: {{ .Values.replicaCount }}\nb: {{ .Values.image.repository }}\n",
}


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("replicaCuont", ["replicaCount", "image"], "replicaCount"),
        ("replicacount", ["replicaCount"], "replicaCount"),
        ("imge", ["image"], "image"),
        ("tag", ["tls", "log"], ""),
        ("service", ["ingress"], ""),
        ("image", ["image"], ""),
    ],
    ids=["swapped letters", "case", "missing letter", "too short to tell", "another word", "itself"],
)
def test_closest(word: str, known: list[str], found: str) -> None:
    """Only near neighbours count."""
    assert closest(word, known) == found


def test_values_file_with_a_slip() -> None:
    """A user's key without a default but with a near neighbour gives a hint; free maps give none."""
    user = {"replicaCuont": 3, "image": {"tagg": "x"}, "annotations": {"anotation": "y"}, "extra": 1}
    assert render(load_chart(CHART), user).hints == [
        "values key 'replicaCuont' has no default in the chart; did you mean 'replicaCount'?",
        "values key 'image.tagg' has no default in the chart; did you mean 'image.tag'?",
    ]


def test_template_that_reads_a_slip() -> None:
    """An error names the values path that was read in vain and its near neighbour."""
    files = {**CHART, "templates/t.yaml": b"a: 1\nb: {{ .Values.imagee.repository }}\n"}
    with pytest.raises(HelmError, match="nil pointer evaluating interface") as caught:
        render(load_chart(files), {})
    assert caught.value.values_path == "imagee"
    assert caught.value.hint == "nothing sets values key 'imagee'; did you mean 'image'?"
    assert (caught.value.file, caught.value.line) == ("c/templates/t.yaml", 2)
