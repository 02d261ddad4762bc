"""Command lines to run through helm and `fairlead helm`: flags, odd arguments, mistakes, charts of every kind.

`world` writes the folder in which each line runs. REPO in a line is the URL of a chart repository on the loopback
interface, REGISTRY that of an OCI registry (command_world.py). What helm did is in command_lines.json.
"""

# ruff: noqa: E501

from __future__ import annotations

import shlex
import textwrap
from pathlib import Path

CRD = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.x.io}\n"


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))


def _chart(folder: str, name: str, version: str = "0.1.0", more: str = "", **files: str) -> dict[str, str]:
    return {
        f"{folder}/Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n{more}",
        f"{folder}/values.yaml": "a: 1\nb:\n  c: two # kept\nlist: [x, y]\n",
        f"{folder}/templates/cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}-{{ .Chart.Name }}\n  namespace: {{ .Release.Namespace }}\ndata:\n  values: {{ toJson .Values | quote }}\n",
        **{f"{folder}/{key}": text for key, text in files.items()},
    }


def world(root: Path) -> None:
    """Write the charts and values."""
    _write(
        root,
        {
            **_chart("app", "app", more="description: an app\nicon: https://example.org/icon.png\nappVersion: 2.0.0\n"),
            "app/templates/deploy.yaml": 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  kube: {{ .Capabilities.KubeVersion }}\n  has: {{ .Capabilities.APIVersions.Has "x.io/v1" }}\n  upgrade: {{ .Release.IsUpgrade }}\n',
            "app/templates/hook.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: hook\n  annotations:\n    helm.sh/hook: pre-install\n",
            "app/templates/tests/t.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: test\n  annotations:\n    helm.sh/hook: test\n",
            "app/templates/NOTES.txt": "notes of {{ .Release.Name }}\n",
            "app/crds/c.yaml": CRD,
            "app/README.md": "# App\n",
            "app/values.schema.json": '{"type":"object","properties":{"a":{"type":["integer","string"]},"n":{"type":"integer"}}}',
            **_chart(
                "parent", "parent", more="dependencies:\n- name: sub\n  version: ^1.0.0\n  repository: file://../sub\n"
            ),
            **_chart("sub", "sub", "1.2.3"),
            **_chart(
                "whole",
                "whole",
                more="dependencies:\n- name: in\n  version: 0.1.0\n  repository: ''\n- name: gone\n  version: 1.x\n  repository: http://127.0.0.1:1/charts\n  condition: gone.enabled\n",
            ),
            **_chart("whole/charts/in", "in"),
            **_chart("whole/charts/other", "other"),
            **_chart("lib", "lib", more="type: library\n"),
            **_chart("old", "old", more="deprecated: true\n"),
            **_chart("badname", "Bad_Name"),
            **_chart("badversion", "badversion", "one.two"),
            **_chart("bad", "bad", **{"templates/x.yaml": "a: {{ .Values.nothing.deep }}\n"}),
            **_chart("badyaml", "badyaml", **{"templates/x.yaml": "a: b: c\n"}),
            **_chart(
                "schema",
                "schema",
                **{"values.schema.json": '{"required": ["zed"], "properties": {"a": {"type": "string"}}}'},
            ),
            "v1/Chart.yaml": "apiVersion: v1\nname: v1\nversion: 1.0.0\n",
            "v1/requirements.yaml": "dependencies:\n- name: sub\n  version: 1.x.x\n  repository: file://../sub\n",
            "v3/Chart.yaml": "apiVersion: v3\nname: v3\nversion: 1.0.0\n",
            "v3/templates/a.yaml": "a: b\n",
            "noname/Chart.yaml": "apiVersion: v2\nversion: 1.0.0\n",
            "brokenchart/Chart.yaml": "apiVersion: v2\nname: [\n",
            "emptychart/Chart.yaml": "",
            "empty/.keep": "",
            "values.yaml": "a: 2\nb:\n  c: three\n",
            "more.yaml": "a: 3\nn: 4\n",
            "list.yaml": "- a\n- b\n",
            "bad.yaml": "a: [1,\nb: 2\n",
            "empty.yaml": "",
            "with,comma.yaml": "a: comma\n",
            "text.txt": "some text\n",
            "not-a-chart.tgz": "hello",
            "plugins/echo/plugin.yaml": """\
                apiVersion: v1
                type: postrenderer/v1
                name: echo
                version: 0.1.0
                runtime: subprocess
                config: {}
                runtimeConfig:
                  platformCommand:
                  - command: sh
                    args: ["-c", "cat; echo '# arguments:' \\"$@\\"", "--"]
                """,
            "plugins/fails/plugin.yaml": """\
                apiVersion: v1
                type: postrenderer/v1
                name: fails
                version: 0.1.0
                runtime: subprocess
                runtimeConfig:
                  platformCommand:
                  - command: sh
                    args: ["-c", "cat >/dev/null; echo on stderr >&2; exit 3"]
                """,
            "plugins/silent/plugin.yaml": """\
                apiVersion: v1
                type: postrenderer/v1
                name: silent
                version: 0.1.0
                runtime: subprocess
                runtimeConfig:
                  platformCommand:
                  - command: sh
                    args: ["-c", "cat >/dev/null"]
                """,
            "plugins/cli/plugin.yaml": "apiVersion: v1\ntype: cli/v1\nname: cli\nversion: 0.1.0\nruntime: subprocess\nconfig: {usage: cli}\nruntimeConfig:\n  platformCommand:\n  - command: echo\n",
            "kubeconfig": """\
                apiVersion: v1
                kind: Config
                current-context: one
                contexts:
                - name: one
                  context: {cluster: c, user: u, namespace: from-one}
                - name: two
                  context: {cluster: c, user: u}
                - name: three
                  context: {cluster: c, user: u, namespace: from-three}
                clusters:
                - name: c
                  cluster: {server: "https://127.0.0.1:1"}
                users:
                - name: u
                  user: {}
                """,
        },
    )
    (root / "renderer.sh").write_text("#!/bin/sh\ncat\n")
    (root / "renderer.sh").chmod(0o755)


# What both command lines say is the same; helm's own hints name helm.
LINES = """
template
template app
template rel app
template rel app extra
template rel app extra more
template nope
template ./nope
template /nope
template rel ../nope
template repo/nope
template text.txt
template not-a-chart.tgz
template empty
template ""
template "" app
template rel ""
template Rel app
template rel_a app
template -- rel app
template rel -- app
template -- -x app
template rel. app
template a.b app
template 0123456789012345678901234567890123456789012345678901234 app
template rel lib
template rel old
template rel parent
template rel parent --dependency-update
template rel whole
template rel bad
template rel bad --debug
template rel badyaml
template rel schema
template rel schema --skip-schema-validation
template rel schema --set zed=1 --set a=x
template rel schema --set zed=1 --set-string a=1
template rel v1
template rel v3
template rel noname
template rel brokenchart
template rel emptychart
template rel badname
template rel badversion
template app --generate-name
template app -g
template rel app -g
template app --name-template x{{.}}
template app --name-template "{{ upper \\"x\\" }}"
template app --name-template "{{ lower \\"X\\" }}"
template app --name-template "{{"
template app --name-template ""
template rel app --name-template x
template -g app --name-template x
template rel app -f values.yaml
template rel app --values values.yaml
template rel app --values=values.yaml
template rel app -fvalues.yaml
template rel app -f=values.yaml
template rel app -f values.yaml,more.yaml
template rel app -f values.yaml -f more.yaml
template rel app -f more.yaml -f values.yaml
template rel app -f nope.yaml
template rel app -f empty
template rel app -f bad.yaml
template rel app -f list.yaml
template rel app -f empty.yaml
template rel app -f text.txt
template rel app -f with,comma.yaml
template rel app -f '"with,comma.yaml"'
template rel app -f '"with'
template rel app -f 'wi"th'
template rel app -f '"a"b'
template rel app -f ""
template rel app -f ,
template rel app -f values.yaml, -f more.yaml
template rel app -f " values.yaml"
template rel app -f http://127.0.0.1:1/values.yaml
template rel app -f ftp://127.0.0.1:1/values.yaml
template rel app -f REPO/values.yaml
template rel app -f REPO/gone.yaml
template rel app -f REPO/bad.yaml
template rel app -f file:///nope
template rel app -f
template rel app --values
template rel app --set
template rel app --set a=9
template rel app --set=a=9
template rel app --set a=9,b.c=8
template rel app --set a=9 --set a=10
template rel app --set "a={1,2,3}"
template rel app --set "a[0]=1"
template rel app --set "a[2]=1"
template rel app --set "list[0]=1"
template rel app --set "list[x]=1"
template rel app --set "list[-1]=1"
template rel app --set "list[99999]=1"
template rel app --set "list[0"
template rel app --set a
template rel app --set a,b
template rel app --set =
template rel app --set =x
template rel app --set a=
template rel app --set a.=1
template rel app --set .a=1
template rel app --set a..b=1
template rel app --set ""
template rel app --set "a=1,"
template rel app --set ",a=1"
template rel app --set "a={1"
template rel app --set "a=}"
template rel app --set 'a\\.b=1'
template rel app --set 'a=x\\,y'
template rel app --set a.b=1
template rel app --set b=1
template rel app --set b.c.d=1
template rel app --set a=null
template rel app --set b=null
template rel app --set n=x
template rel app --set-string a=9
template rel app --set-string a
template rel app --set-string "a={1,2}"
template rel app --set-json a=1
template rel app --set-json 'a={"x":1}'
template rel app --set-json 'a={"x":1'
template rel app --set-json a=
template rel app --set-json a
template rel app --set-json '{"a": {"b": 1}}'
template rel app --set-json '{"a": {"b": 1}'
template rel app --set-json '{"a": 1} x'
template rel app --set-json '[1]'
template rel app --set-json a=x
template rel app --set-json 'a=1,b=2'
template rel app --set-json 'a=[1,2],b={"c":null}'
template rel app --set-json ''
template rel app --set-file a=text.txt
template rel app --set-file a=nope
template rel app --set-file a=empty
template rel app --set-file a
template rel app --set-file a=
template rel app --set-file a=text.txt,b.c=more.yaml
template rel app --set-file a=http://127.0.0.1:1/x
template rel app --set-file a=REPO/values.yaml
template rel app --set-literal a=1,b=2
template rel app --set-literal 'a={x}'
template rel app --set-literal a
template rel app --set-literal a=
template rel app -n ns
template rel app -nns
template rel app --namespace ns
template rel app --namespace=
template rel app -n ""
template rel app -n
template rel app --kube-version 1.20
template rel app --kube-version v1.20.3
template rel app --kube-version 1.20.3-gke.1
template rel app --kube-version x
template rel app --kube-version ""
template rel app --kube-version 1
template rel app --kube-version 1.2.3.4
template rel app -a x.io/v1
template rel app --api-versions x.io/v1,y.io/v1
template rel app -a y.io/v1 -a x.io/v1
template rel app -a 'x"'
template rel app --include-crds
template rel app --include-crds=false
template rel app --include-crds=maybe
template rel app --include-crds true
template rel app --skip-tests
template rel app --no-hooks
template rel app --no-hooks --skip-tests
template rel app --is-upgrade
template rel app --is-upgrade=0
template rel app --skip-crds
template rel app --create-namespace --disable-openapi-validation --replace --wait-for-jobs --rollback-on-failure --take-ownership --enable-dns --force-replace
template rel app --force
template rel app --atomic
template rel app --force --force-conflicts
template rel app --force-replace --force-conflicts
template rel app --force --force-replace
template rel app --hide-notes
template rel app --render-subchart-notes
template rel app --hide-secret
template rel app --output json
template rel app -o json
template rel app --dry-run
template rel app --dry-run=client
template rel app --dry-run=unset
template rel app --dry-run=true
template rel app --dry-run=TRUE
template rel app --dry-run=1
template rel app --dry-run=false
template rel app --dry-run=none
template rel app --dry-run=x
template rel app --dry-run=
template rel app --dry-run client
template --dry-run rel app
template rel app --validate --dry-run=client
template rel app --validate=false
template rel app --server-side
template rel app --server-side=false
template rel app --server-side=auto
template rel app --timeout 5m
template rel app --timeout 5
template rel app --timeout 0
template rel app --timeout x
template rel app --timeout 5y
template rel app --timeout ""
template rel app --timeout
template rel app --wait
template rel app --wait=watcher
template rel app --wait=legacy
template rel app --wait=true
template rel app --wait=false
template rel app --wait=x
template rel app --labels a=b
template rel app -l a=b,c=d
template rel app --labels a
template rel app --labels 'a=b,c'
template rel app --labels 'a="b'
template rel app --labels 'a=b,"c=d'
template rel app --description text
template rel app -s templates/cm.yaml
template rel app --show-only templates/cm.yaml
template rel app -s templates/*.yaml
template rel app -s templates/nope.yaml
template rel app -s templates/cm.yaml,templates/deploy.yaml
template rel app -s templates/cm.yaml -s templates/deploy.yaml
template rel app -s templates/deploy.yaml -s templates/cm.yaml
template rel app -s templates/cm.yaml -s templates/cm.yaml
template rel app -s templates
template rel app -s ""
template rel app -s '['
template rel app -s 'templates/[a-d]*.yaml'
template rel app -s templates/hook.yaml
template rel app -s templates/tests/t.yaml
template rel app -s templates/tests/t.yaml --skip-tests
template rel app -s templates/hook.yaml --no-hooks
template rel app -s templates/NOTES.txt
template rel app -s crds/c.yaml
template rel app -s crds/c.yaml --include-crds
template rel app -s app/templates/cm.yaml
template rel app -s ./templates/cm.yaml
template rel app -s templates//cm.yaml
template rel bad -s templates/cm.yaml
template rel badyaml -s templates/cm.yaml
template rel app --output-dir out
template rel app --output-dir out --release-name
template rel app --output-dir out --include-crds
template rel app --output-dir out --no-hooks
template rel app --output-dir out --skip-tests
template rel app --output-dir out -s templates/cm.yaml
template rel app --output-dir text.txt
template rel app --output-dir text.txt/x
template rel app --output-dir ""
template rel badyaml --output-dir out
template rel bad --output-dir out
template rel app --output-dir app
template rel app --output-dir out/deep/er
template rel app --post-renderer nope
template rel app --post-renderer ./renderer.sh
template rel app --post-renderer cli
template rel app --post-renderer ""
template rel app --post-renderer fails
template rel app --post-renderer silent
template rel app --post-renderer-args x
template rel app --version 1
template rel app --version x
template rel app --devel
template rel app --repo http://127.0.0.1:1
template rel app --repo nope
template rel app --repo REPO
template rel sub --repo REPO
template rel sub --repo REPO/
template rel sub --repo REPO --version 1.2.0
template rel sub --repo REPO --version ^1
template rel sub --repo REPO --version '>2'
template rel sub --repo REPO --version x
template rel sub --repo REPO --version 9
template rel sub --repo REPO --devel
template rel sub --repo REPO --username u --password p
template rel REPO/sub-1.2.0.tgz
template rel REPO/gone-1.2.0.tgz
template rel known/sub
template rel known/sub --version 1.2.0
template rel known/sub --version '>=1.0, <1.2.5'
template rel known/nope
template rel known/sub --version 7
template rel unknown/sub
template rel app --keyring nope
template rel app --verify
template rel sub/ --verify
template rel app --insecure-skip-tls-verify
template rel app --ca-file nope
template rel sub --repo https://127.0.0.1:1 --ca-file nope
template rel app --cert-file nope --key-file nope
template rel app --plain-http
template rel app --burst-limit 5
template rel app --burst-limit x
template rel app --burst-limit 99999999999999999999
template rel app --qps 1.5
template rel app --qps x
template rel app --qps 1e60
template rel app --color never
template rel app --color always
template rel app --color x
template rel app --color
template rel app --colour=x
template rel app --nope
template rel app --nope=1
template rel app --nope 1
template rel app --se a=b
template rel app --Set a=b
template rel app -set a=b
template rel app -x
template rel app -gx
template rel app -gf values.yaml
template rel app -gfvalues.yaml
template rel app -=
template rel app --=
template rel app --=x
template rel app ---
template rel app -
template - app
template rel -
template --help --nope
template --nope --help
template app -v 5
template app --v=5
template app --logtostderr
template --kubeconfig kubeconfig app
template --kubeconfig kubeconfig --kube-context two app
template --kubeconfig kubeconfig --kube-context three app
template --kubeconfig kubeconfig --kube-context three -n mine app
template --kubeconfig kubeconfig --kube-context gone app
template --kubeconfig nope app
template --kubeconfig bad.yaml app
template --kube-apiserver http://127.0.0.1:1 --kube-token t --kube-as-user u --kube-as-group g --kube-as-group h app
template --kube-ca-file nope --kube-tls-server-name n --kube-insecure-skip-tls-verify app
-n ns template rel app
--namespace=ns template rel app
--debug=false template rel app
template --namespace ns rel app
lint
lint app
lint app sub
lint app nope
lint nope
lint ./nope/
lint text.txt
lint not-a-chart.tgz
lint empty
lint app/
lint ./app
lint parent
lint whole
lint whole --with-subcharts
lint lib
lint old
lint bad
lint badyaml
lint schema
lint schema --skip-schema-validation
lint schema --set zed=1 --set-string a=1
lint badname
lint badversion
lint v1
lint v3
lint noname
lint brokenchart
lint emptychart
lint app --strict
lint sub --strict
lint lib --strict
lint app --quiet
lint sub --quiet
lint bad --quiet
lint bad --quiet --strict
lint whole --quiet --with-subcharts --strict
lint app -f values.yaml
lint app -f nope.yaml
lint app -f bad.yaml
lint app --set n=x
lint app --set a
lint app --set-json a=x
lint app --kube-version 1.20
lint app --kube-version x
lint app -n ns
lint app --nope
lint app --debug
lint app --strict=x
lint app --kubeconfig kubeconfig
lint --strict --quiet --with-subcharts app sub
show
show nope
show app
show all
show all app
show all app sub
show all nope
show all sub
show chart
show chart app
show chart parent
show chart whole
show chart v1
show chart v3
show chart brokenchart
show chart noname
show chart badversion
show values app
show values sub
show values v1
show values app --jsonpath {.a}
show values app --jsonpath {.b.c}
show values app --jsonpath {.b}
show values app --jsonpath {.list}
show values app --jsonpath '{.list[0]}'
show values app --jsonpath '{.list[*]}'
show values app --jsonpath '{.list[5]}'
show values app --jsonpath '{.nope}'
show values app --jsonpath '{'
show values app --jsonpath 'text'
show values app --jsonpath '{range .list[*]}{@}{"\\n"}{end}'
show values app --jsonpath '{.a}{"-"}{.b.c}'
show values app --jsonpath '.a'
show values app --jsonpath ''
show values v1 --jsonpath '{.a}'
show chart app --jsonpath '{.a}'
show readme app
show readme sub
show crds app
show crds sub
show crds app --devel
show readme text.txt
show all not-a-chart.tgz
show chart sub --repo REPO
show chart sub --repo REPO --version 1.2.0
show chart sub --repo REPO --version 9
show chart sub --repo REPO --devel
show chart nope --repo REPO
show values known/sub
show values known/sub --version ^1.2
show chart REPO/sub-1.2.0.tgz
show chart app --verify
inspect chart app
inspect values sub
package
package app
package app sub
package nope
package text.txt
package app -d out
package app -d out/deep
package app --destination=out
package app -d text.txt
package app --version 3.0.0
package app --version v3
package app --version x
package app --version ""
package app --app-version 7
package app --app-version ""
package badversion
package badversion --version 1.0.0
package badname
package noname
package emptychart
package brokenchart
package empty
package parent
package parent -u
package parent --dependency-update
package whole
package lib
package old
package v1
package v3
package bad
package badyaml
package schema
package app/
package ./app/.
package not-a-chart.tgz
package app --sign
package app --sign --key x
package app --sign --key x --keyring nope
package app --nope
package -d
package app -u -d out
pull
pull nope
pull app
pull ./app
pull known/sub
pull known/sub --version 1.2.0
pull known/sub --version '~1.2'
pull known/sub --version '>9'
pull known/sub --version x.y
pull known/sub --devel
pull known/nope
pull unknown/sub
pull known/
pull /sub
pull known/sub known/sub --version 1.2.0
pull known/sub nope
pull sub --repo REPO
pull sub --repo REPO -d out
pull sub --repo REPO -d empty
pull sub --repo REPO -d text.txt
pull sub --repo REPO --untar
pull sub --repo REPO --untar -d empty
pull sub --repo REPO --untar -d empty --untardir deep
pull sub --repo REPO --untar --untardir deep
pull known/sub --untar
pull known/sub --untar --untardir deep
pull known/sub --untar --version 1.2.0 -d deep/er
pull app --repo REPO --untar
pull REPO/app-0.1.0.tgz --untar
pull REPO/sub-1.2.0.tgz
pull REPO/sub-1.2.0.tgz?x=y
pull REPO/sub-1.2.0.tgz --version 9
pull REPO/gone.tgz
pull REPO/notatgz.tgz
pull REPO/notatgz.tgz --untar
pull http://127.0.0.1:1/x.tgz
pull ftp://127.0.0.1:1/x.tgz
pull http://
pull sub --repo nope
pull sub --repo ftp://127.0.0.1
pull sub --repo REPO/gone
pull sub --repo REPO/notindex
pull known/sub --repo REPO
pull nodigest --repo REPO
pull baddigest --repo REPO
pull nourls --repo REPO
pull known/nourls
pull elsewhere --repo REPO
pull absolute --repo REPO
pull known/sub --prov
pull known/signed --prov
pull known/signed --prov --untar
pull known/sub --verify
pull known/sub --verify --keyring nope
pull known/signed --verify --keyring nope
pull known/signed --verify --keyring keys/public.gpg
pull known/signed --verify --prov --keyring keys/public.gpg
pull known/signed --verify --untar --keyring keys/public.gpg
pull known/tampered --verify --keyring keys/public.gpg
pull known/renamed --verify --keyring keys/public.gpg
pull known/nosum --verify --keyring keys/public.gpg
pull known/nosignature --verify --keyring keys/public.gpg
pull known/stranger --verify --keyring keys/public.gpg
pull known/signed --verify --keyring keys/passphrase
pull known/signed --verify --keyring empty.yaml
pull REPO/signed-0.1.0.tgz --verify --keyring keys/public.gpg
pull signed --repo REPO --verify --keyring keys/public.gpg
pull REGISTRY/sub --plain-http
pull REGISTRY/sub --plain-http --version 1.2.0
pull REGISTRY/sub:1.2.0 --plain-http
pull REGISTRY/sub:1.2.0 --plain-http --version 1.2.5
pull REGISTRY/sub --plain-http --version ^1
pull REGISTRY/sub --plain-http --version '>1.2.0-0'
pull REGISTRY/sub --plain-http --version 7
pull REGISTRY/sub --plain-http --version '>=7'
pull REGISTRY/sub --plain-http --version 1.3.0+b1
pull REGISTRY/sub --plain-http --devel
pull REGISTRY/sub --plain-http --untar
pull REGISTRY/sub --plain-http --untar -d empty
pull REGISTRY/sub --plain-http -d empty
pull REGISTRY/sub --plain-http --prov
pull REGISTRY/sub --plain-http --verify
pull REGISTRY/signed --plain-http --prov
pull REGISTRY/signed --plain-http --verify --keyring keys/public.gpg
pull REGISTRY/signed --plain-http --verify --keyring nope
pull REGISTRY/nope --plain-http
pull REGISTRY/nope --plain-http --version 1.0.0
pull REGISTRY/none --plain-http
pull REGISTRY/legacy --plain-http --version 1.0.0
pull REGISTRY/nochart --plain-http --version 1.0.0
pull REGISTRY/noconfig --plain-http --version 1.0.0
pull oci://127.0.0.1:1/charts/sub --plain-http
pull oci://127.0.0.1:1/charts/sub --plain-http --version 1.0.0
pull oci://sub --plain-http
pull oci:// --plain-http
pull REGISTRY/Sub --plain-http --version 1.0.0
pull REGISTRY/sub:b@d --plain-http
template rel REGISTRY/sub --plain-http
template rel REGISTRY/sub --plain-http --version 1.2.0
template rel REGISTRY/nope --plain-http
template rel REGISTRY/signed --plain-http --verify --keyring keys/public.gpg
show chart REGISTRY/sub --plain-http
show chart REGISTRY/sub:1.2.0 --plain-http
show values REGISTRY/sub --plain-http --version ^1.2
show chart keys/signed-0.1.0.tgz --verify --keyring keys/public.gpg
show chart keys/signed-0.1.0.tgz --verify --keyring nope
show chart keys/signed-0.1.0.tgz --verify --keyring keys/public.asc
show chart keys/signed-0.1.0.tgz --verify --keyring keys/public.kbx
show chart keys/signed-0.1.0.tgz --verify --keyring keys/ed.prov
pull REGISTRY/signed --plain-http --verify --keyring keys/short.asc
pull REGISTRY/signed --plain-http --verify --keyring keys/public.asc
show chart known/signed --verify --keyring keys/public.gpg
show chart known/tampered --verify --keyring keys/public.gpg
show chart known/sub --verify --keyring keys/public.gpg
show chart not-a-chart.tgz --verify
show chart text.txt --verify
template rel keys/signed-0.1.0.tgz --verify --keyring keys/public.gpg
package app --sign --key rsa@ --keyring keys/secret.gpg
package app --sign --key rsa@ --keyring keys/secret.asc
package app --sign --key rsa@ --keyring keys/public.gpg
package app --sign --key rsa@ --keyring keys/public.asc
package app --sign --key 'Sub Key' --keyring keys/odd-secret.gpg
package app --sign --key nobody --keyring keys/secret.gpg
package app --sign --key Tester --keyring keys/secret.gpg
package app --sign --key 'Rsa Tester <rsa@example.org>' --keyring keys/secret.gpg
package app --sign --key Edward --keyring keys/secret.gpg
package app --sign --key ec@ --keyring keys/secret.gpg
package app --sign --key dsa@ --keyring keys/secret.gpg
package app --sign --key locked@ --keyring keys/secret.gpg --passphrase-file keys/passphrase
package app --sign --key locked@ --keyring keys/secret.gpg --passphrase-file text.txt
package app --sign --key locked@ --keyring keys/secret.gpg --passphrase-file nope
package app sub --sign --key ec@ --keyring keys/secret.gpg -d out
dep update fromregistry --plain-http
dep update fromregistry
dep update exactly --plain-http
dep update noregistry --plain-http
dep update notags --plain-http
dep update unmettag --plain-http
dep update signedone --verify --keyring keys/public.gpg
dep update signedone --verify --keyring nope
dep build signedone --verify --keyring keys/public.gpg
dep update badscheme
dep update localwrong
dep update wrongfile
pull sub --repo REPO/empty
pull sub --repo REPO/invalid --version 1.2.0
pull sub --repo REPO/nothing
pull known/sub --version 1.2
pull known/sub --version 1
show chart known/sub --version 1.2
fetch known/sub
pull known/sub --nope
dependency
dependency nope
dep list
dep list app
dep list app sub
dep list parent
dep ls whole
dep list whole --max-col-width 10
dep list whole --max-col-width 5
dep list whole --max-col-width 3
dep list whole --max-col-width 0
dep list whole --max-col-width x
dep list whole --max-col-width -1
dep list whole --max-col-width +1
dep list v1
dep list v3
dep list nope
dep list text.txt
dep list not-a-chart.tgz
dep list empty
dep list app/
dep list brokenchart
dependencies list app
dep update nope
dep update text.txt
dep update not-a-chart.tgz
dep update empty
dep update app
dep update app sub
dep update sub
dep update parent
dep up parent
dep update parent --skip-refresh
dep update whole
dep update v1
dep update brokenchart
dep update noname
dep update v3
dep update parent --verify
dep update remote
dep update remote --skip-refresh
dep update remote --verify
dep update known
dep update alias
dep update unknownalias
dep update badrepo
dep update unmet
dep update badrange
dep update missingdir
dep update tworepos
dep build
dep build nope
dep build text.txt
dep build app
dep build parent
dep build locked
dep build locked --skip-refresh
dep build stale
dep build remote
dep build lockedremote
dep build lockedunknown
dep build locked --verify
dep build v1
dep foo
help
help template
help dep
help dep list
help nope
foo
templat
-h
--help
--debug
-n x
""
"" template
--version
"""


def repository_charts(root: Path, url: str, registry: str) -> None:
    """Write charts whose dependencies are in the repository at *url* and in *registry*."""

    def depends(name: str, *entries: str) -> dict[str, str]:
        more = "dependencies:\n" + "".join(f"- {{{entry}}}\n" for entry in entries)
        return _chart(name, name, more=more)

    _write(
        root,
        {
            **depends("remote", f"name: sub, version: ^1.2.0, repository: '{url}'"),
            **depends("known", "name: sub, version: 1.2.x, repository: '@known'"),
            **depends("alias", "name: sub, version: '*', repository: 'alias:known'"),
            **depends("unknownalias", "name: sub, version: '*', repository: '@nope'"),
            **depends("badrepo", "name: sub, version: '*', repository: nope"),
            **depends(
                "unmet",
                f"name: sub, version: '>5', repository: '{url}'",
                f"name: nope, version: 1.0.0, repository: '{url}'",
            ),
            **depends("badrange", f"name: sub, version: '>>5', repository: '{url}'"),
            **depends("fromregistry", f"name: sub, version: ^1.2.0, repository: '{registry}'"),
            **depends("exactly", f"name: sub, version: 1.2.0, repository: '{registry}'"),
            **depends("noregistry", f"name: nope, version: ^1, repository: '{registry}'"),
            **depends("notags", f"name: none, version: ^1, repository: '{registry}'"),
            **depends("unmettag", f"name: sub, version: ^7, repository: '{registry}'"),
            **depends("signedone", f"name: signed, version: 0.1.0, repository: '{url}'"),
            **depends("badscheme", "name: sub, version: 1.0.0, repository: 'ftp://127.0.0.1/charts'"),
            **depends("localwrong", "name: in, version: ^9"),
            **_chart("localwrong/charts/in", "in"),
            **depends("wrongfile", "name: sub, version: ^9, repository: file://../sub"),
            **depends(
                "missingdir", "name: sub, version: 1.0.0, repository: 'file://../nope'", "name: in, version: 1.0.0"
            ),
            **depends(
                "tworepos",
                f"name: sub, version: 1.2.0, repository: '{url}'",
                f"name: sub, version: 1.2.0, repository: '{url}', alias: again",
                f"name: app, version: 0.1.0, repository: '{url}'",
            ),
            **depends("locked", "name: sub, version: ^1.0.0, repository: file://../sub"),
            "locked/Chart.lock": 'dependencies:\n- name: sub\n  repository: file://../sub\n  version: 1.2.3\ndigest: sha256:3d7c8b4b4f1c5d9ba7f9f2d1f6c0e0a7e3cf12d7d25b6c0c0a3f4d6a7bcd7a11\ngenerated: "2024-01-01T00:00:00Z"\n',
            **depends("stale", "name: sub, version: ^1.0.0, repository: file://../sub"),
            "stale/Chart.lock": 'dependencies: []\ndigest: sha256:00\ngenerated: "2024-01-01T00:00:00Z"\n',
            **depends("lockedremote", f"name: sub, version: ^1.2.0, repository: '{url}'"),
            **depends("lockedunknown", "name: sub, version: ^1.2.0, repository: 'https://127.0.0.1:1/charts'"),
        },
    )


def lines() -> list[list[str]]:
    """Return the command lines, split into words."""
    return [shlex.split(line) for line in LINES.strip().splitlines()]
