"""Charts that `helm lint` has something to say about: every rule, and mistakes of every kind.

Each case is (name, what differs from the plain chart, flags); text None takes a file away. What helm says is in
lint.json (tests/peer/record_helm_lint.py).
"""

from __future__ import annotations

PLAIN: dict[str, str] = {
    "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\nicon: https://example.org/i.png\n",
    "values.yaml": "a: 1\n",
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
}
Case = tuple[str, dict[str, str | None], list[str]]
LINT: list[Case] = []


def _case(name: str, files: dict[str, str | None], *flags: str) -> None:
    LINT.append((name, files, list(flags)))


def _head(**fields: str) -> dict[str, str | None]:
    """Return a Chart.yaml; a field that is "-" is left out."""
    base = {"apiVersion": "v2", "name": "c", "version": "1.0.0", "icon": "https://example.org/i.png", **fields}
    return {"Chart.yaml": "".join(f"{key}: {value}\n" for key, value in base.items() if value != "-")}


def _template(text: str, name: str = "a.yaml") -> dict[str, str | None]:
    return {f"templates/{name}": text}


_case("nothing", {})
_case("strict nothing", {}, "--strict")
_case("quiet nothing", {}, "--quiet")
for value in ("-", "''", "https://", "ftp://x/y.png", "file:///x", "no url", "/a/b.png", "http://h", "'%zz'", "[a]"):
    _case(f"icon {value}", _head(icon=value))
    if value in ("-", "no url"):
        _case(f"icon {value} strict", _head(icon=value), "--strict")
        _case(f"icon {value} quiet", _head(icon=value), "--quiet")
for value in ("-", "''", "1", "1.0", "v1.0.0", "1.0.0-x", "1.0.0+b", "x", "01.0.0", "1.0.0-01", "0.0.0", "1.2.3.4"):
    _case(f"version {value}", _head(version=value))
for value in ("-", "''", "v1", "v2", "v3", "v4", "1", "[v2]"):
    _case(f"apiVersion {value}", _head(apiVersion=value))
for value in ("-", "''", "C", "a_b", "a.b", "-a", "a-", "'a b'", "1a", "../c", "a/b", ".", "é", "12"):
    _case(f"name {value}", _head(name=value))
for value in ("''", "application", "library", "other", "Application", "[a]"):
    _case(f"type {value}", _head(type=value))
    _case(f"type {value} of v1", _head(type=value, apiVersion="v1"))
for value in ("1", "1.0", "1e3", "true", "'1'", "[1]", "{a: b}", "null", "2020-01-01"):
    _case(f"appVersion {value}", _head(appVersion=value))
_case("deprecated", _head(deprecated="true"))
_case("deprecated no bool", _head(deprecated="maybe"))
for value in ("nothing", "['']", "https://x", "[ftp://h/x, 'no url', https://ok/x]", "[1]"):
    _case(f"sources {value}", _head(sources=value))
for value in (
    "[{name: n}]",
    "[{email: a@b.c}]",
    "[{name: n, email: nothing}]",
    "[{name: n, url: nothing}]",
    "[{name: n, email: a@b.c, url: https://x.y}]",
    "[null]",
    "[{name: n, url: 'ftp://x'}]",
    "[{name: m, url: example.org}]",
    "[{name: m, url: example.org:80/x}]",
    "[{name: m, url: 'mailto:a@b.c'}]",
    "[{name: m, url: 'https://'}]",
    "[{name: m, url: 'https://a b.c'}]",
    "[{name: m, url: 'https://u:p@h:1/x?y#z'}]",
    "[{name: m, url: 'https://h:123456/'}]",
    "[{name: m, url: 'gopher://h'}]",
    "[{name: m, url: '.a.b'}]",
    "[{name: m, url: 'https://[::1]/'}]",
    "[{name: m, email: 'a@b'}]",
    "[{name: m, email: 'A.b+c@d.example.org'}]",
    "[{name: m, email: '<a@b.c>'}]",
    "{}",
    "[n]",
):
    _case(f"maintainers {value}", _head(maintainers=value))
for value in (">=1.20", "x", "[1]", "'>= 1.0 < 2'"):
    _case(f"kubeVersion {value}", _head(kubeVersion=value))
for value in (
    "[{name: in, version: 1.0.0}]",
    "[{name: in, version: 1.0.0}, {name: in, version: 1.0.0}]",
    "[{name: in, version: x}]",
    "[{name: '', version: 1.0.0}]",
    "[null]",
    "[{name: in, version: 1.0.0, repository: 'https://x', alias: a b}]",
):
    _case(f"dependencies {value}", _head(dependencies=value))
    _case(
        f"dependencies {value} that are there",
        {**_head(dependencies=value), "charts/in/Chart.yaml": "apiVersion: v2\nname: in\nversion: 1.0.0\n"},
    )
_case("a chart that is not declared", {"charts/in/Chart.yaml": "apiVersion: v2\nname: in\nversion: 1.0.0\n"})
_case("charts with subcharts", {"charts/in/Chart.yaml": "apiVersion: v2\nname: in\n"}, "--with-subcharts")
_case("broken Chart.yaml", {"Chart.yaml": "apiVersion: v2\nname: [\n"})
_case("Chart.yaml is a list", {"Chart.yaml": "- a\n"})
_case("empty Chart.yaml", {"Chart.yaml": ""})
_case("unknown field in Chart.yaml", _head(extra="1"))
_case("field twice in Chart.yaml", {"Chart.yaml": "apiVersion: v2\nname: c\nname: c\nversion: 1.0.0\n"})
_case("no Chart.yaml", {"Chart.yaml": None})
_case("no values", {"values.yaml": None})
_case("empty values", {"values.yaml": ""})
_case("values are a list", {"values.yaml": "- a\n"})
_case("values are text", {"values.yaml": "text\n"})
_case("broken values", {"values.yaml": "a: [\n"})
_case("values with a tab", {"values.yaml": "a:\n\tb: 1\n"})
_case("value twice", {"values.yaml": "a: 1\na: 2\n"})
_case("schema fails", {"values.schema.json": '{"required": ["zed"]}'})
_case("schema fails twice", {"values.schema.json": '{"required": ["zed"], "properties": {"a": {"type": "string"}}}'})
_case("schema passes by a flag", {"values.schema.json": '{"required": ["zed"]}'}, "--set", "zed=1")
_case("schema is not looked at", {"values.schema.json": '{"required": ["zed"]}'}, "--skip-schema-validation")
_case("schema is no JSON", {"values.schema.json": "{"})
_case("no templates", {"templates/a.yaml": None})
_case("templates is a file", {"templates/a.yaml": None, "templates": "x"})
for name in (
    "a.yml",
    "a.tpl",
    "a.txt",
    "a.json",
    "a",
    "A.YAML",
    "_a.tpl",
    "a.tmpl",
    "NOTES.txt",
    "sub/b.yaml",
    "a.yaml.gotmpl",
):
    _case(f"template called {name}", _template("apiVersion: v1\nkind: A\nmetadata: {name: a}\n", name))
_case("unclosed action", _template("a: {{ .Values.a\n"))
_case("unknown function", _template("a: {{ nothing }}\n"))
_case("nil pointer", _template("a: {{ .Values.b.c.d }}\n"))
_case("required", _template('a: {{ required "b is needed" .Values.b }}\n'))
_case("fail", _template('{{ fail "no" }}\n'))
_case("lookup", _template('a: {{ lookup "v1" "Pod" "" "" | toJson }}\n'))
_case("tpl", _template('a: {{ tpl "{{ .Values.b.c }}" . }}\n'))
_case("include of nothing", _template('a: {{ include "nothing" . }}\n'))
_case("no YAML", _template("a: b: c\n"))
_case("no YAML in the second document", _template("a: b\n---\na: b: c\n"))
_case("a tab", _template("a:\n\tb: c\n"))
_case("a list", _template("- a\n"))
_case("a text", _template("text\n"))
_case("empty document", _template("---\n---\n"))
_case("indent with if", _template("{{ if true }}\n  a: b\n{{ end }}\n"))
_case("no kind", _template("apiVersion: v1\nmetadata: {name: a}\n"))
_case("no apiVersion", _template("kind: A\nmetadata: {name: a}\n"))
_case("no name", _template("apiVersion: v1\nkind: ConfigMap\n"))
for name in ("A", "a_b", "a.b", "-a", "a" * 254, "a" * 64, "'1'", "''", "a:b", "é"):
    for kind in ("ConfigMap", "Namespace", "ClusterRole", "Service", "Pod"):
        if kind == "ConfigMap" or name in ("A", "a:b", "a.b"):
            _case(f"{kind} called {name}", _template(f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"))
for group, kind in (
    ("extensions/v1beta1", "Ingress"),
    ("extensions/v1beta1", "Deployment"),
    ("apps/v1beta1", "StatefulSet"),
    ("policy/v1beta1", "PodSecurityPolicy"),
    ("batch/v1beta1", "CronJob"),
    ("networking.k8s.io/v1beta1", "Ingress"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema"),
    ("v1", "ComponentStatus"),
    ("v1", "Endpoints"),
):
    text = f"apiVersion: {group}\nkind: {kind}\nmetadata: {{name: a}}\n"
    _case(f"{group} {kind}", _template(text))
    for version in ("1.15", "1.20.1", "1.25", "1.30"):
        _case(f"{group} {kind} in {version}", _template(text), "--kube-version", version)
    _case(f"{group} {kind} strict", _template(text), "--strict")
_DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n"
_case("deployment without selector", _template(f"{_DEPLOYMENT}  replicas: 1\n"))
_case("deployment with empty selector", _template(f"{_DEPLOYMENT}  selector: {{}}\n"))
_case("deployment with selector", _template(f"{_DEPLOYMENT}  selector: {{matchLabels: {{a: b}}}}\n"))
_case("old deployment", _template("apiVersion: apps/v1beta2\nkind: Deployment\nmetadata: {name: a}\n"))
_LIST = "apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems:\n- metadata:\n    annotations:\n"
_case("resource policy in a list", _template(f"{_LIST}      helm.sh/resource-policy: keep\n"))
_case("another annotation in a list", _template(f"{_LIST}      x: y\n"))
_case(
    "crd in templates",
    _template("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\n"),
)
_case("crds folder", {"crds/c.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"})
_case("crds that are none", {"crds/c.yaml": "apiVersion: v1\nkind: ConfigMap\n"})
_case("broken crd", {"crds/c.yaml": "a: [\n"})
_case("crds of v1beta1", {"crds/c.yaml": "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\n"})
_case("several wrongs", {**_head(icon="-", version="x", name="A_b"), **_template("a: b: c\n"), "values.yaml": "a: [\n"})
_case("several wrongs quiet strict", {**_head(icon="-"), **_template("kind: A\n", "b.txt")}, "--quiet", "--strict")
_case("namespace", _template("apiVersion: v1\nkind: A\nmetadata: {name: '{{ .Release.Namespace }}'}\n"), "-n", "X_y")
_case("wrong kube version", {}, "--kube-version", "x")
_case("chart wants another kube version", _head(kubeVersion="'>=1.99'"))
_case("chart wants a kube version it gets", _head(kubeVersion="'<1.10'"), "--kube-version", "1.9")
_case("requirements in v2", {"requirements.yaml": "dependencies: []\n"})
_case("requirements in v1", {**_head(apiVersion="v1"), "requirements.yaml": "dependencies:\n- name: x\n  version: 1\n"})
_case("helmignore", {".helmignore": "templates/\n"})
_case("NOTES fails", _template("{{ .Values.b.c.d }}", "NOTES.txt"))


def files_of(change: dict[str, str | None]) -> dict[str, str]:
    """Return the chart's files."""
    if "templates" in change:
        return {
            "Chart.yaml": PLAIN["Chart.yaml"],
            "values.yaml": PLAIN["values.yaml"],
            "templates": str(change["templates"]),
        }
    return {name: text for name, text in {**PLAIN, **change}.items() if text is not None}
