"""Charts, post-renderer plugins and command lines whose results are recorded in post_renders.json."""

from pathlib import Path
from textwrap import dedent

_CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  namespace: here\n"

TEMPLATES = {
    "plain": {
        "a.yaml": f'# about a\n{_CONFIG}data:\n  key: value\n  # about other\n  other: "quoted" # behind\n',
        "b.yaml": f"{_CONFIG}data: {{b: 1, a: 'two'}}\n",
    },
    "hooks": {
        "job.yaml": """\
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: "{{ .Release.Name }}-job"
              annotations:
                "helm.sh/hook": pre-install,post-upgrade
                "helm.sh/hook-weight": "5"
            spec:
              template:
                spec:
                  containers:
                    - name: c
                      image: busybox
                      args: ["-c", 'a b', x]
            """,
        "test.yaml": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: t\n  annotations:\n    helm.sh/hook: test\n",
        "z.yaml": _CONFIG,
        "NOTES.txt": "notes of {{ .Chart.Name }}\n",
    },
    "many": {
        "all.yaml": f"# top\n---\n# first\n{_CONFIG}---\n# nothing here\n---\n\n# second\n\n{_CONFIG}"
        "data:\n  n: 1\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: s\nspec:\n"
        "  ports:\n  - port: 80\n    name: http\n  - port: 443\n",
        "empty.yaml": "{{- if false }}\na: b\n{{- end }}\n",
        "only.yaml": "# only a comment\n",
    },
    "blocks": {
        "a.yaml": """\
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: blocks
            data:
              literal: |
                one
                  two

                three
              strip: |-
                no end
              keep: |+
                with end

              folded: >-
                one two
                three

                four
              lead: |2
                  led
              single: 'it''s'
              double: "a\\tb\\u00e9 \\"c\\""
              long: this is a very long line that goes on and on and on and on and on and on and on and on and on and on
              script.sh: |
                #!/bin/sh
                # a comment
                echo "hi" # there
              plain: many
                lines here
            """,
    },
    "comments": {
        "a.yaml": """\
            # head of all

            # head of apiVersion
            apiVersion: v1 # behind apiVersion
            # above kind
            kind: ConfigMap
            metadata: # behind metadata
              # above name
              name: c # behind name
              # foot of name

              labels:
                a: b
                # last in labels
              # dedented once
            # dedented twice
            data:
              # above list
              list: |
                - a
              b: c

            # foot of all
            """,
        "list.yaml": """\
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: d
            spec:
              # above template
              template:
                spec:
                  containers: # behind containers
                    # above first
                    - name: a # behind a
                      # above image
                      image: b
                      env:
                      - {name: A, value: "1"} # flow
                      # between
                      - name: B
                        value: x
                      # after B
                    # above second
                    - name: z
                  # foot of containers
                  volumes: [] # none
              replicas: 1
            """,
    },
    "scalars": {
        "a.yaml": """\
            apiVersion: v1
            kind: Secret
            metadata: {name: s, annotations: {}}
            stringData:
              a: yes
              b: 'yes'
              c: "1"
              d: 0x10
              e: 1e3
              f: null
              g: ~
              h:
              i: ''
              j: !!str 5
              k: 2020-01-01
              "l": m
              ? n
              : o
              p: &anchor {q: r}
              s: *anchor
              t: [a, "b", 'c', [d], {e: f}]
              u: {}
              w: "ünï"
            """,
        "b.yaml": f"{_CONFIG}  annotations:\nlist:\n- - a\n  - b\n-\n  - c\n- d: e\n  f:\n    - g\n",
        "json.yaml": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j", "annotations": {"x": "y"}},'
        ' "data": {"a": "b"}}\n',
    },
    "lists": {
        "a.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata:\n"
        "    name: in-list\n# between\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    name: in-list\n",
        "b.yaml": "apiVersion: v1\nkind: List\nitems: []\n",
    },
    "bare": {"a.yaml": "a: b\n", "b.yaml": "kind: X\nmetadata:\n", "c.yaml": "kind: Y\nmetadata: {}\n"},
    "wrong": {"a.yaml": "a: b: c\n"},
    "tabs": {"a.yaml": "apiVersion: v1\nkind: X\n  bad: indent\n"},
    "sequence": {"a.yaml": "- a\n- b\n"},
    "scalar": {"a.yaml": "text # behind\n"},
    "nothing": {"a.yaml": "{{/* nothing */}}\n"},
    "windows": {"a.yaml": _CONFIG.replace("\n", "\r\n")},
}

_PLUGIN = """\
apiVersion: v1
type: postrenderer/v1
name: {name}
version: 0.1.0
runtime: subprocess
runtimeConfig:
  platformCommand:
"""
PLUGINS = {  # what their programs do
    "cat": "cat",
    "change": "sed 's/value/changed/; s/^kind: Service$/kind: Ingress/'",
    "adds": "cat; printf -- '---\\napiVersion: v1\\nkind: ConfigMap\\nmetadata:\\n  name: added\\n'",
    "drops": 'awk \'BEGIN {RS="---\\n"; ORS=""} NR > 1 {print (NR > 2 ? "---\\n" : "") $0}\'',
    "renames": "sed 's/name: one/name: renamed/'",
    "moves": "sed 's#templates/#templates/moved-#'",
    "forgets": "grep -v postrender-filename",
    "fails": "echo some text >&2; exit 3",
    "quiet": "cat >/dev/null",
    "blank": "cat >/dev/null; echo; echo",
    "tells": "cat; echo told >&2",
    "spoils": "cat; echo '  a: b: c'",
    "words": 'cat; for each in "$@"; do echo "# argument $each"; done; echo "# $HELM_PLUGIN_NAME"',
    "hook": "sed 's/^kind: ConfigMap$/&\\n# was here/'",
}

COMMANDS = {  # plugins by their platformCommand
    "expands": "- command: sh\n  args: [-c, 'cat; echo \"# $0 ${1} $UNSET-${HELM_PLUGIN_NAME}- $ 1\"', a]\n",
    "absent": "- command: there-is-no-such-program\n",
    "nowhere": "- command: /there/is/none\n",
    "none": "[]\n",
    "elsewhere": "- os: windows\n  command: cat\n",
    "chosen": "- command: none\n- os: linux\n  command: sh -c cat\n- os: windows\n  command: none\n",
}

LINES = list(
    dict.fromkeys(
        [
            *(f"template rel {chart} --post-renderer cat" for chart in TEMPLATES),
            *(f"template rel {chart} --post-renderer {plugin}" for plugin in PLUGINS for chart in ("plain", "many")),
            *(f"template rel plain --post-renderer {plugin}" for plugin in COMMANDS),
            "template rel hooks --post-renderer cat --output-dir out",
            "template rel hooks --post-renderer change --no-hooks",
            "template rel hooks --post-renderer cat --skip-tests",
            "template rel hooks --post-renderer forgets",
            "template rel plain --post-renderer cat --include-crds",
            "template rel plain --post-renderer cat --show-only templates/b.yaml",
            "template rel plain --post-renderer moves --show-only templates/b.yaml",
            "template rel many --post-renderer cat --show-only templates/all.yaml",
            "template rel plain --post-renderer words --post-renderer-args one --post-renderer-args two,three",
            "template rel blocks --post-renderer forgets",
            "template rel comments --post-renderer forgets",
            "template rel lists --post-renderer drops",
        ]
    )
)


def environment(folder: Path) -> dict[str, str]:
    """Return what helm needs to find the plugins in *folder*."""
    return {"HELM_PLUGINS": str(folder / "plugins"), "HELM_DATA_HOME": str(folder / "data"), "HOME": str(folder)}


def write(folder: Path) -> None:
    """Write the charts and plugins into *folder*."""
    for name, templates in TEMPLATES.items():
        root = folder / name
        (root / "templates").mkdir(parents=True)
        (root / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 0.1.0\n")
        for path, text in templates.items():
            (root / "templates" / path).write_bytes(dedent(text).encode())
    (folder / "plain" / "crds").mkdir()
    (folder / "plain" / "crds" / "c.yaml").write_text("# a definition\nkind: CustomResourceDefinition\n")
    for name, script in PLUGINS.items():
        root = folder / "plugins" / name
        root.mkdir(parents=True)
        (root / "run.sh").write_text(f"{script}\n")
        (root / "plugin.yaml").write_text(
            f"{_PLUGIN.format(name=name)}  - command: sh\n    args: [$HELM_PLUGIN_DIR/run.sh]\n"
        )
    for name, command in COMMANDS.items():
        root = folder / "plugins" / name
        root.mkdir()
        command = "".join(f"    {line}\n" for line in command.splitlines())
        (root / "plugin.yaml").write_text(f"{_PLUGIN.format(name=name)}{command}")
