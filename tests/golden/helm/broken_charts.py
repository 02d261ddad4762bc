"""Charts with one mistake each, for test_broken.py: (name, changed files, flags, file and line of the mistake).

An empty place means that the mistake has none to name, or is in a flag.
"""

# ruff: noqa: E501 - a table

from __future__ import annotations

BASE = {
    "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": "name: web\nreplicas: 2\nimage:\n  repo: r\n  tag: t\nlist: [a, b]\n",
    "templates/_helpers.tpl": '{{- define "c.name" -}}\n{{ .Values.name | trunc 5 }}\n{{- end -}}\n',
    "templates/cm.yaml": (
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include "c.name" . }}\ndata:\n'
        "  a: {{ .Values.replicas | quote }}\n"
    ),
}
CM = "c/templates/cm.yaml"
HELPERS = "c/templates/_helpers.tpl"
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\ndata:\n"
SUB = {
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    "charts/sub/values.yaml": "x: 1\n",
    "charts/sub/templates/s.yaml": "a: {{ .Values.x }}\n",
}


def chart_of(change: dict[str, str]) -> dict[str, str]:
    """Return the base chart with *change* laid over it; an empty text removes a file."""
    return {name: text for name, text in {**BASE, **change}.items() if text}


def _template(action: str) -> dict[str, str]:
    """Return a change that puts *action* on line 6 of the template."""
    return {"templates/cm.yaml": f"{HEAD}  k: {action}\n"}


Case = tuple[str, dict[str, str], list[str], str]

_ACTIONS = {
    # Does not parse.
    "unclosed action": "{{ .Values.name",
    "unknown function": "{{ nope 1 }}",
    "undefined variable": "{{ $x }}",
    "unclosed parenthesis": "{{ (print 1 }}",
    "stray parenthesis": "{{ print 1) }}",
    "stray end": "{{ end }}",
    "stray else": "{{ else }}",
    "empty if": "{{ if }}x{{ end }}",
    "empty action": "{{ }}",
    "unterminated string": '{{ print "a }}',
    "two fields run together": "{{ .Values..name }}",
    "bad number": "{{ 08 }}",
    "bad character": "{{ @ }}",
    "break outside range": "{{ break }}",
    "value as a later command": "{{ 1 | 2 }}",
    "too many range variables": "{{ range $a, $b, $c := .Values.list }}{{ end }}",
    "assignment to what was not declared": "{{ $y = 1 }}",
    "define inside an action": '{{ if true }}{{ define "x" }}{{ end }}{{ end }}',
    "template without a name": "{{ template x }}",
    "comment not closed": "{{/* a }}",
    # Does not run.
    "field of nothing": "{{ .Values.nope.deeper }}",
    "field of a text": "{{ .Values.name.first }}",
    "field of a list": "{{ .Values.list.x }}",
    "template that is not there": '{{ template "c.nope" . }}',
    "include that is not there": '{{ include "c.nope" . }}',
    "too few arguments": "{{ trunc 5 }}",
    "too many arguments": "{{ upper .Values.name .Values.name }}",
    "number where text is wanted": "{{ upper .Values.replicas }}",
    "text where a number is wanted": '{{ trunc "5" .Values.name }}',
    "nil where text is wanted": "{{ upper .Values.nope }}",
    "nil constant where text is wanted": "{{ upper nil }}",
    "map where text is wanted": "{{ b64enc .Values.image }}",
    "required": '{{ required "name it" .Values.nope }}',
    "fail": '{{ fail "no" }}',
    "index out of range": "{{ index .Values.list 5 }}",
    "index with a text": '{{ index .Values.list "a" }}',
    "index into nothing": "{{ index .Values.nope 0 }}",
    "comparison of types": "{{ if eq .Values.name 1 }}x{{ end }}",
    "order of types": "{{ if lt .Values.name 1 }}x{{ end }}",
    "range over a text": "{{ range .Values.name }}x{{ end }}",
    "range over a fraction": "{{ range 2.5 }}x{{ end }}",
    "field in range": "{{ range .Values.list }}{{ .Values.name }}{{ end }}",
    "division by zero": "{{ div 1 0 }}",
    "bad regular expression": '{{ regexReplaceAll "(" "a" "b" }}',
    "bad version": '{{ semver "x" }}',
    "bad constraint": '{{ semverCompare "!!" "1.0.0" }}',
    "text as a function": '{{ "a" 1 }}',
    "field with arguments": "{{ .Values.name 1 }}",
    "call of no function": "{{ call .Values.name }}",
    "tpl that does not parse": '{{ tpl "{{ nope }}" . }}',
    "tpl that does not run": '{{ tpl "{{ .Values.a.b.c }}" . }}',
    "set on nothing": '{{ set .Values.nope "a" 1 }}',
    "hasKey of a list": '{{ hasKey .Values.list "a" }}',
    "dict of a list": '{{ dig "a" "b" .Values.list }}',
    "first of a text": "{{ first .Values.name }}",
    "slice out of range": "{{ slice .Values.name 1 99 }}",
    "len of a number": "{{ len 3 }}",
    "method with a wrong argument": "{{ .Files.Get .Values.list }}",
    "capability that is not there": "{{ .Capabilities.Nope }}",
    "chart field of nothing": "{{ .Chart.Nope.x }}",
    "fromJson of a number": "{{ fromJson 1 }}",
    "url that does not parse": '{{ urlParse "%zz" }}',
    "base64 into AES": '{{ decryptAES "k" "!!" }}',
}

# Helm's line of an action that is not closed is the one where that shows; its text names both.
BROKEN: list[Case] = [
    (name, _template(action), [], f"{CM}:{7 if name == 'unclosed action' else 6}") for name, action in _ACTIONS.items()
]
BROKEN += [
    ("error in a helper", {"templates/_helpers.tpl": '{{ define "c.name" }}\n{{ .Values.a.b }}\n{{ end }}\n'}, [], f"{HELPERS}:2"),
    ("helper that does not parse", {"templates/_helpers.tpl": '{{ define "c.name" }}\n{{ if }}\n{{ end }}\n'}, [], f"{HELPERS}:2"),
    ("define without end", {"templates/_helpers.tpl": '{{ define "c.name" }}\n{{ .Values.name }}\n'}, [], f"{HELPERS}:3"),
    ("helper without end in range", {"templates/_helpers.tpl": '{{ define "c.name" }}\n{{ range .Values.list }}\n{{ end }}\n'}, [], f"{HELPERS}:4"),
    ("endless include", {"templates/_helpers.tpl": '{{ define "c.name" }}\n{{ include "c.name" . }}\n{{ end }}\n'}, [], f"{HELPERS}:2"),
    ("output that is no YAML", _template("a: b: c"), [], f"{CM}:"),
    ("output with a tab", {"templates/cm.yaml": f"{HEAD}\tk: v\n"}, [], f"{CM}:"),
    ("output that is a list", {"templates/cm.yaml": "- a\n"}, [], f"{CM}:"),
    ("kind that is a map", {"templates/cm.yaml": "kind: {a: b}\n"}, [], f"{CM}:"),
    ("unclosed quote in the output", _template('"a'), [], f"{CM}:"),
    ("bad indentation of a block", {"templates/cm.yaml": f"{HEAD}  k:\n    a: 1\n   b: 2\n"}, [], f"{CM}:"),
    ("chart without a name", {"Chart.yaml": "apiVersion: v2\nversion: 1.0.0\n"}, [], "Chart.yaml"),
    ("chart without a version", {"Chart.yaml": "apiVersion: v2\nname: c\n"}, [], "Chart.yaml"),
    ("chart without apiVersion and name", {"Chart.yaml": "version: 1.0.0\n"}, [], "Chart.yaml"),
    ("chart with a bad version", {"Chart.yaml": "apiVersion: v2\nname: c\nversion: one\n"}, [], "Chart.yaml"),
    ("chart of an unknown type", {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ntype: lib\n"}, [], "Chart.yaml"),
    ("library chart", {"Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ntype: library\n"}, [], ""),
    ("Chart.yaml that is no YAML", {"Chart.yaml": "a: [1\n"}, [], "Chart.yaml"),
    ("Chart.yaml that is a list", {"Chart.yaml": "- a\n"}, [], "Chart.yaml"),
    ("chart without Chart.yaml", {"Chart.yaml": ""}, [], "Chart.yaml"),
    ("kubeVersion that does not fit", {"Chart.yaml": BASE["Chart.yaml"] + 'kubeVersion: "<1.20"\n'}, [], "Chart.yaml"),
    ("missing dependency", {"Chart.yaml": BASE["Chart.yaml"] + "dependencies: [{name: z, version: 1.x, repository: ''}]\n"}, [], "Chart.yaml"),
    ("dependency named twice", {"Chart.yaml": BASE["Chart.yaml"] + "dependencies: [{name: z}, {name: z}]\n"}, [], "Chart.yaml"),
    ("alias with bad characters", {"Chart.yaml": BASE["Chart.yaml"] + "dependencies: [{name: z, alias: 'a b'}]\n"}, [], "Chart.yaml"),
    ("maintainers that are a text", {"Chart.yaml": BASE["Chart.yaml"] + "maintainers: me\n"}, [], "Chart.yaml"),
    ("values that are no YAML", {"values.yaml": "a: 1\nb: [\n"}, [], "values.yaml:3"),
    ("values that are a list", {"values.yaml": "- a\n"}, [], "values.yaml:1"),
    ("values with a tab", {"values.yaml": "a:\n\tb: 1\n"}, [], "values.yaml:2"),
    ("schema: wrong type", {"values.schema.json": '{"properties": {"replicas": {"type": "string"}}}'}, [], ""),
    ("schema: missing key", {"values.schema.json": '{"required": ["port"]}'}, [], ""),
    ("schema: unknown key", {"values.schema.json": '{"properties": {"name": {}, "replicas": {}, "image": {}}, "additionalProperties": false}'}, [], ""),
    ("schema: not one of", {"values.schema.json": '{"properties": {"name": {"enum": ["a", "b"]}}}'}, [], ""),
    ("schema: too small", {"values.schema.json": '{"properties": {"replicas": {"minimum": 3}}}'}, [], ""),
    ("schema: pattern", {"values.schema.json": '{"properties": {"name": {"pattern": "^x"}}}'}, [], ""),
    ("schema that is no JSON", {"values.schema.json": "{"}, [], ""),
    ("subchart: field of nothing", {**SUB, "charts/sub/templates/s.yaml": "a: 1\nb: {{ .Values.y.z }}\n"}, [], "c/charts/sub/templates/s.yaml:2"),
    ("subchart that does not parse", {**SUB, "charts/sub/templates/s.yaml": "a: 1\nb: {{ if }}\n"}, [], "c/charts/sub/templates/s.yaml:2"),
    ("subchart: bad Chart.yaml", {**SUB, "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\n"}, [], "charts/sub/Chart.yaml"),
    ("subchart: values that are no map", {**SUB, "values.yaml": BASE["values.yaml"] + "sub: text\n"}, [], ""),
    ("subchart: values that are no YAML", {**SUB, "charts/sub/values.yaml": "a: [\n"}, [], "charts/sub/values.yaml:2"),
    ("flag: bad --set", {}, ["--set", "a[x]=1"], ""),
    ("flag: --set without a value", {}, ["--set", "a"], ""),
    ("flag: bad --set-json", {}, ["--set-json", "a={"], ""),
    ("flag: values file that is not there", {}, ["-f", "nope.yaml"], "nope.yaml"),
    ("flag: --show-only of nothing", {}, ["--show-only", "templates/x.yaml"], ""),
    ("flag: bad --kube-version", {}, ["--kube-version", "x"], ""),
    ("flag: bad name", {}, ["--name-template", "A_b"], ""),
]  # fmt: skip
