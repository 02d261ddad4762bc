"""Charts and flags to render with both tools: subcharts, values, --set in all forms, hooks, order, files.

Each scenario is (files of the chart ``c``, lists of flags to try).
"""

# ruff: noqa: E501

from __future__ import annotations

SCENARIOS: list[tuple[dict[str, str], list[list[str]]]] = []


def t(files: dict[str, str], *flags: list[str]) -> None:
    SCENARIOS.append((files, list(flags) or [[]]))


M = "apiVersion: v2\nname: top\nversion: 1.0.0\n"
SUB = {
    "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
    "charts/sub/values.yaml": "a: 1\nb: {c: 2, d: null}\nglobal: {g: sub, h: 1}\nexports:\n  data: {x: 9, y: {z: 1}}\nl: [1,2]\nnest: {p: {q: r}}\n",
    "charts/sub/templates/s.yaml": "v: {{ toJson .Values }}\nc: {{ .Chart.Name }}\nsc: {{ keys .Subcharts | sortAlpha }}\n",
}
SUB2 = {
    "charts/two/Chart.yaml": "apiVersion: v1\nname: two\nversion: 1.2.3\n",
    "charts/two/values.yaml": "k: v\n",
    "charts/two/templates/s.yaml": "v: {{ toJson .Values }}\n",
}
INNER = {
    "charts/sub/charts/inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 0.1.0\n",
    "charts/sub/charts/inner/values.yaml": "i: 1\nexports: {inn: {e: 5}}\n",
    "charts/sub/charts/inner/templates/i.yaml": "v: {{ toJson .Values }}\n",
}
T = {
    "templates/t.yaml": "v: {{ toJson .Values }}\nsub: {{ keys .Subcharts | sortAlpha }}\nrel: {{ toJson .Release }}\n"
}


def dep(s):
    return M + "dependencies:\n" + s


V = {"values.yaml": "a: 1\nglobal: {g: top}\nsub: {a: 5, b: {c: null, e: 1}}\ntags: {t1: false}\non: false\n"}
base = {**T, **SUB, **SUB2, **V}
SETS = [
    ["--set", "sub.a=7"],
    ["--set", "sub=null"],
    ["--set", "sub.b=null"],
    ["--set", "sub.b.c=null"],
    ["--set", "global.g=cli,global.new.x=1"],
    ["--set", "sub.global.g=q"],
    ["--set", "tags.t1=true"],
    ["--set", "on=true"],
    ["--set", "sub.enabled=true"],
    ["--set", "sub.on=true"],
    ["--set", "a=null"],
    ["--set", "sub=text"],
    ["--set", "global=text"],
    ["--set", "sub.global=5"],
    ["--set", "sub.b=text"],
    ["--set", "a.b=1"],
    ["--set", "sub.l=null"],
    ["--set", "sub.l[0]=9"],
    ["--set", "two.k=null,two.z=1"],
    ["--set", "al.a=3"],
    ["--set", "al.b.c=null"],
    ["--set", "sub.nest=null"],
    ["--set", "sub.nest.p=null"],
]
for deps in (
    '- {name: sub, version: 0.1.0}\n- {name: two, version: ">=1"}\n',
    '- {name: sub, version: 0.1.0, condition: "sub.enabled,on"}\n- {name: two, version: 1.x.x, tags: [t1, t2]}\n',
    '- {name: sub, version: 0.1.0, alias: al}\n- {name: two, version: "*"}\n',
    "- {name: sub, version: 0.1.0, import-values: [data]}\n",
    "- {name: sub, version: 0.1.0, import-values: [{child: nest, parent: imported}, {child: b, parent: .}]}\n",
    "- {name: sub, version: 9.9.9}\n",
    "- {name: sub, version: 0.1.0, alias: al}\n- {name: sub, version: 0.1.0, alias: al2, condition: al2.enabled}\n",
    "- {name: sub, version: 0.1.0, import-values: [nope, 5]}\n",
    "- {name: sub, version: 0.1.0, enabled: false}\n",
    "- {name: sub, version: 0.1.0, condition: a, tags: [t1]}\n",
):
    t({"Chart.yaml": dep(deps), **base}, [], *SETS)
    t(
        {"Chart.yaml": dep(deps), **base, **INNER},
        [],
        ["--set", "sub.inner.i=2"],
        ["--set", "sub.inner=null"],
        ["--set", "global.g=1"],
    )
t({"Chart.yaml": M, **base, **INNER}, [], *SETS)
t(
    {
        "Chart.yaml": M.replace("v2", "v1"),
        "requirements.yaml": "dependencies:\n- {name: sub, version: 0.1.0, condition: on}\n",
        **base,
    },
    [],
    ["--set", "on=true"],
)
t(
    {"Chart.yaml": M, "requirements.yaml": "dependencies:\n- {name: sub, version: 0.1.0, condition: on}\n", **base},
    [],
    ["--set", "on=true"],
)
# set syntax
one = {
    "Chart.yaml": M,
    "values.yaml": 'a: {b: [1,2,{c: 3}], s: "x"}\nn: 1\nf: 1.5\nb: true\nnul: null\nl: [a,b]\n',
    **T,
}
S = [
    "a.b[0]=9",
    "a.b[2].c=7",
    "a.b[5]=1",
    "a.b[2].d.e=1",
    "x={1,2,a b}",
    "x={}",
    "x.y={a,{b}}",
    "n=",
    "n=null",
    "n=true",
    "n=1.0",
    "n=0x10",
    "n=010",
    "n=1e3",
    'n="q"',
    "n='q'",
    "n=a\\,b",
    "a\\.b=1",
    "n=a=b",
    "n=[1,2]",
    "a.b=1,a.s=2",
    "l[0]=null",
    "l=null",
    "q[0][1]=2",
    "q[1].z=3",
    "n=1_000",
    "n=99999999999999999999",
    "n= x ",
    "n=-5",
    "n=.5",
    "x.0.y=1",
    "a..b=1",
    "a.=1",
    "=1",
    "a[-1]=1",
    "a[x]=1",
    "a.b[65537]=1",
    "n=~",
    "n=yes",
    "n=2024-01-01",
    "x={a},y={b}",
    "x={a,b},l[1]=z",
    "n=\\x",
    "a.b[0]x=1",
    "n={a",
    "n=a}",
    "x[0]={1,2}",
]
t(one, *[["--set", s] for s in S], *[["--set-string", s] for s in S[:32]], *[["--set-literal", s] for s in S[:24]])
t(
    one,
    *[
        ["--set-json", s]
        for s in (
            'a={"b":1}',
            'l=[1,2,{"x":null}]',
            "n=1.0",
            'n="s"',
            "n=null",
            '{"a":{"z":1},"n":2}',
            "n={",
            'a.b[1]={"k":[]}',
            "x=1e3",
            "x=true,y=false",
            "a=",
            "[1]",
            'x="a,b"',
            "n=01",
        )
    ],
)
one |= {
    "x/f.txt": "file, text\nline=2\n",
    "x/v1.yaml": "a: {s: v1, new: 1}\nl: [z]\n",
    "x/v2.yaml": "---\na: null\n---\nn: 5\n",
    "x/v3.yaml": "",
    "x/v4.yaml": "# c\n",
    "x/bad.yaml": "a: [\n",
}
t(
    one,
    ["--set-file", "x=c/x/f.txt"],
    ["--set-file", "a.s=c/x/f.txt"],
    ["--set-file", "x=/nope"],
    ["-f", "c/x/v1.yaml"],
    ["-f", "c/x/v1.yaml", "-f", "c/x/v2.yaml"],
    ["-f", "c/x/v2.yaml"],
    ["-f", "c/x/v1.yaml,c/x/v2.yaml"],
    ["-f", "c/x/v3.yaml"],
    ["-f", "c/x/v4.yaml"],
    ["-f", "c/x/bad.yaml"],
    ["-f", "/nope.yaml"],
    ["-f", "c/x/v1.yaml", "--set", "a.s=set", "--set-string", "a.new=02"],
    ["--set", "n=1", "--set-string", "n=2", "--set-json", "n=3"],
)
# kinds, hooks, crds, notes
kinds = [
    "Deployment",
    "Service",
    "ConfigMap",
    "Secret",
    "Namespace",
    "ClusterRole",
    "RoleBinding",
    "Ingress",
    "CustomResourceDefinition",
    "Foo",
    "Bar",
    "Job",
    "PriorityClass",
    "APIService",
    "List",
    "Pod",
    "",
]
man = "\n---\n".join(
    f"apiVersion: v1\nkind: {k}\nmetadata:\n  name: {k.lower()}{i}"
    if k
    else f"apiVersion: v1\nmetadata: {{name: nokind{i}}}"
    for i, k in enumerate(kinds + kinds[::-1])
)
hooks = "\n---\n".join(
    f'apiVersion: v1\nkind: {k}\nmetadata:\n  name: h{i}\n  annotations:\n    "helm.sh/hook": {e}\n    "helm.sh/hook-weight": "{w}"\n    "helm.sh/hook-delete-policy": {p}'
    for i, (k, e, w, p) in enumerate(
        [
            ("Job", "pre-install", 5, "before-hook-creation"),
            ("ConfigMap", '"pre-install,post-upgrade"', -5, "hook-succeeded"),
            ("Pod", "test", 0, "x"),
            ("Job", "crd-install", 1, "x"),
            ("Pod", "test-success", "a", "x"),
            ("Job", "nope", 1, "x"),
            ("Secret", "post-delete", "", "x"),
            ("Job", " pre-install , post-install ", 1, "x"),
            ("Job", '""', 1, "x"),
        ]
    )
)
files = {
    "Chart.yaml": M,
    "templates/z.yaml": man,
    "templates/a.yaml": hooks,
    "templates/NOTES.txt": "notes {{ .Release.Name }}",
    "templates/tests/t.yaml": 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: tt\n  annotations: {"helm.sh/hook": test}\n',
    "crds/b.yaml": "kind: CustomResourceDefinition\nx: {{ raw }}\n",
    "crds/a.yml": "---\nkind: CRD2\n---\nkind: CRD3\n",
    "crds/readme.md": "x",
    "crds/sub/c.json": '{"kind":"J"}',
    "templates/_p.tpl": '{{ define "x" }}{{ end }}',
    "templates/empty.yaml": "\n\n",
    "templates/c.yaml": "# only comment\n",
    "templates/d.yaml": "---\n---\na: 1\n---\n",
    "templates/sub/e.yml": "b: 2",
    "templates/f.txt": "c: 3",
    "templates/g.tpl": "d: 4",
    "templates/h.json": '{"e": 5}',
    "templates/crlf.yaml": "a: 1\r\n---\r\nb: 2\r\n",
    **SUB,
}
t(
    files,
    [],
    ["--no-hooks"],
    ["--skip-tests"],
    ["--include-crds"],
    ["--show-only", "templates/z.yaml"],
    ["--show-only", "templates/*.yaml"],
    ["--show-only", "templates/a.yaml"],
    ["--show-only", "templates/tests/t.yaml"],
    ["--show-only", "charts/sub/templates/s.yaml"],
    ["-s", "templates/d.yaml", "-s", "templates/h.json"],
    ["--show-only", "templates/NOTES.txt"],
    ["--show-only", "templates/nope.yaml"],
    ["--show-only", "crds/a.yml", "--include-crds"],
    ["--is-upgrade"],
    ["-n", "ns1"],
    ["--api-versions", "foo/v1,bar/v2", "--kube-version", "1.20"],
    ["--kube-version", "v1.33.1+k3s1"],
    ["--kube-version", "x"],
    ["--kube-version", "1"],
    ["--kube-version", "1.20.3-gke.5"],
    ["--name-template", '{{ "ABC" | lower }}-x'],
    ["--name-template", "{{ nope }}"],
    ["--name-template", "A_"],
    ["--debug"],
    ["-g"],
    ["--generate-name"],
    ["--skip-crds"],
    ["--dry-run=nope"],
    ["--dry-run=none"],
    ["--dry-run=true"],
    ["--dry-run=false"],
    ["--dry-run"],
    ["--dry-run=client"],
)
# caps
t(
    {
        "Chart.yaml": M + 'kubeVersion: ">=1.25-0"\n',
        "templates/t.yaml": 'a: {{ .Capabilities.KubeVersion }}\nb: {{ .Capabilities.KubeVersion.Minor }}\nc: {{ .Capabilities.APIVersions.Has "batch/v1" }}\nd: {{ .Capabilities.APIVersions.Has "batch/v1/Job" }}\ne: {{ .Capabilities.HelmVersion.Version }}\nf: {{ len .Capabilities.APIVersions }}\ng: {{ .Capabilities.APIVersions.Has "foo/v1" }}\nh: {{ .Capabilities.KubeVersion.GitVersion }}\ni: {{ toJson .Capabilities.HelmVersion }}\nj: {{ .Capabilities | toJson | len }}\n',
    },
    [],
    ["--kube-version", "1.24"],
    ["--kube-version", "1.25"],
    ["-a", "foo/v1"],
    ["--kube-version", "1.30.0-rc.1"],
)
# files, ignore
t(
    {
        "Chart.yaml": M,
        ".helmignore": "*.md\n/secret.txt\ndocs/\n!keep.md\n# c\n\n*.b?k\n",
        "README.md": "x",
        "keep.md": "y",
        "secret.txt": "s",
        "d/secret.txt": "s2",
        "docs/a.txt": "q",
        "a.bak": "1",
        "conf/a.conf": "A=1\n",
        "conf/b.conf": "B\n\n",
        "conf/sub/c.conf": "C",
        ".hidden": "h",
        "templates/t.yaml": """
all: {{ range $k, $v := .Files }}{{ $k }},{{ end }}
glob: {{ range $k, $v := .Files.Glob "conf/*.conf" }}{{ $k }}={{ $v | toString | quote }},{{ end }}
glob2: {{ range $k, $v := .Files.Glob "conf/**.conf" }}{{ $k }},{{ end }}
glob3: {{ range $k, $v := .Files.Glob "{conf,d}/*" }}{{ $k }},{{ end }}
glob4: {{ range $k, $v := .Files.Glob "**" }}{{ $k }},{{ end }}
lines: {{ .Files.Lines "conf/b.conf" | toJson }}
cfg:
{{ (.Files.Glob "conf/*").AsConfig | indent 2 }}
sec:
{{ (.Files.Glob "conf/*").AsSecrets | indent 2 }}
none: {{ (.Files.Glob "x").AsConfig }}{{ .Files.Get "nope" }}
""",
    },
    [],
)
t({"Chart.yaml": M, ".helmignore": "[\n", "templates/t.yaml": "a: 1"}, [])
t({"Chart.yaml": M, ".helmignore": "**/x\n", "templates/t.yaml": "a: 1"}, [])
