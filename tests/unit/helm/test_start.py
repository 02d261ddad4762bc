"""A render of a known chart loads no module whose import takes longer than the render."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fairlead.engines.helm.compiled import SHARES

CHART = {
    "Chart.yaml": """apiVersion: v2
name: c
version: 1.0.0
kubeVersion: ">=1.20.0-0"
dependencies:
- {name: d, version: 1.x.x, condition: d.enabled}
""",
    "values.yaml": "image: {repository: nginx, tag: '1.0'}\nreplicas: 2\nlabels: {a: '{{ .Release.Name }}'}\n",
    "values.schema.json": '{"properties": {"replicas": {"type": "integer", "minimum": 1}}}',
    ".helmignore": "*.swp\n.git/\n",
    "templates/_h.tpl": '{{ define "c.name" }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 }}{{ end }}',
    "templates/a.yaml": """apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "c.name" . }}
  labels: {{- tpl (toYaml .Values.labels) . | nindent 4 }}
  annotations:
    sum: {{ .Values | toYaml | sha256sum }}
    clean: {{ regexReplaceAll "[^a-z]+" "a1b" "-" | quote }}
    password: {{ randAlphaNum 5 | b64enc }}
{{- if semverCompare ">=1.21-0" .Capabilities.KubeVersion.Version }}
data: {{- dict "replicas" (int .Values.replicas) | toYaml | nindent 2 }}
{{- end }}
""",
    "charts/d/Chart.yaml": "apiVersion: v2\nname: d\nversion: 1.2.0\n",
}
HEAVY = "argparse collections dataclasses datetime enum functools hashlib inspect json re re2 shutil typing yaml"
PROGRAM = f"""
import sys
before = set(sys.modules)
from fairlead.cli.main import main
assert main(["helm", "template", sys.argv[1]]) == 0
heavy = set({HEAVY.split()}) & (set(sys.modules) - before)
parsers = {{f"fairlead.engines.gotemplate.{{name}}" for name in ("parser", "codegen")}} & set(sys.modules)
print(sorted(heavy | parsers), file=sys.stderr)
"""


def test_a_known_chart_renders_without_costly_modules(tmp_path: Path) -> None:
    """Once all is compiled, a run loads no parser, no regular expressions, and gives what the others gave."""
    for name, text in CHART.items():
        path = tmp_path / "chart" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    environment = {**os.environ, "FAIRLEAD_TEMPLATE_CACHE": str(tmp_path / "cache")}
    command = [
        sys.executable,
        "-S",
        "-c",
        f"import sys; sys.path[:] = {sys.path!r}\n{PROGRAM}",
        str(tmp_path / "chart"),
    ]
    done = [
        subprocess.run(command, capture_output=True, text=True, env=environment, check=True) for _ in range(SHARES + 2)
    ]
    assert "fairlead.engines.gotemplate.codegen" in done[SHARES].stderr  # it compiles
    assert done[-1].stderr == "[]\n"

    texts = {"\n".join(line for line in run.stdout.split("\n") if "password" not in line) for run in done}
    assert len(texts) == 1  # but for random text


def test_a_chart_seen_for_the_first_time_needs_no_compiler(tmp_path: Path) -> None:
    """Neither Python's of patterns, nor ours of templates, nor the parser that knows places."""
    for name, text in CHART.items():
        path = tmp_path / "chart" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("clean: {{ regexReplaceAll", "clean: {{ print"))
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}\n{PROGRAM}", str(tmp_path / "chart")],
        capture_output=True,
        text=True,
        env={**os.environ, "FAIRLEAD_TEMPLATE_CACHE": "off"},
        check=True,
    )
    assert done.stderr == "[]\n"
