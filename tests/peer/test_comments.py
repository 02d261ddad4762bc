"""Random documents full of comments through a post-renderer that changes nothing: we print what helm prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from random_comments import Documents
from record_helm_lines import GOLDEN, HELM

sys.path.insert(0, str(GOLDEN))

import post_renders

from fairlead.engines.helm import Options, load_chart, render

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(not HELM.is_file(), reason="no .peers/helm: run make peers"),
]
COUNT = int(os.environ.get("FAIRLEAD_RANDOM_COUNT", "150"))


def _by_source(text: str) -> dict[str, str]:
    return {part.partition("\n")[0]: part for part in re.split(r"(?m)^# Source: ", text)[1:]}


@pytest.mark.parametrize("seed", range(3))
def test_random_documents(seed: int, tmp_path: Path) -> None:
    """Every document comes out as it does from helm."""
    post_renders.write(tmp_path)
    documents = Documents(seed)
    files = {"Chart.yaml": b"apiVersion: v2\nname: random\nversion: 0.1.0\n"}
    for number in range(COUNT):
        files[f"templates/d{number:05}.yaml"] = documents.document(number).encode()
    for name, data in files.items():
        path = tmp_path / "random" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    environment = {"PATH": os.environ["PATH"], **post_renders.environment(tmp_path)}
    command = [str(HELM), "template", "random", "--post-renderer", "cat"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    ours = render(load_chart(files), {}, options=Options(post_renderer=str)).to_text()
    expected = _by_source(done.stdout)
    assert len(expected) == COUNT
    assert _by_source(ours) == expected
