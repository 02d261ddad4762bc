"""Write random kustomizations and compare what kustomize and we build of them.

    python tests/peer/random_kustomizations.py [--count N] [--seed N] [--show N]

Aimed at what repositories seldom use together: patches of every kind with directives, replacements and vars, components,
generators with every option, name references through prefixes and namespaces, labels, images, replicas, sort options.
A difference is printed with its folder, which is kept.
"""

# ruff: noqa: E501 - tables of fragments

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fairlead.base import yaml
from fairlead.testing import compat_kustomize

ROOT = Path(__file__).parents[2]
KUSTOMIZE = ROOT / ".peers" / "kustomize"

OBJECTS: dict[str, str] = {
    "deploy": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}   # c
  annotations:
    note: "a: b"
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels: {app: web}
    spec:
      serviceAccountName: sa
      containers:
      - name: a
        image: nginx:1.2
        args: ["--x=$(VAR)", '--y', "$(OTHER)"]
        env:
        - {name: A, value: "1"}
        - name: B
          valueFrom: {configMapKeyRef: {name: conf, key: k}}
        - name: C
          valueFrom: {secretKeyRef: {name: sec, key: k}}
        envFrom:
        - configMapRef: {name: conf}
        ports:
        - containerPort: 80
          protocol: TCP
        - {containerPort: 80, protocol: UDP}
      - name: b
        image: reg.io:5000/team/app@sha256:abc
      initContainers:
      - {name: i, image: busybox}
      volumes:
      - name: v
        configMap: {name: conf}
      - name: s
        secret: {secretName: sec}
      - name: p
        persistentVolumeClaim: {claimName: pvc}
""",
    "svc": "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: other}\nspec:\n  selector: {app: web}\n  ports:\n  - port: 80\n    targetPort: 8080\n    name: http\n  - {port: 81}\n",
    "conf": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  k: v\n  n: \"1\"\n  file.txt: |\n    one\n    two\n  json: '{\"a\": {\"b\": 1}}'\n",
    "sec": "apiVersion: v1\nkind: Secret\nmetadata: {name: sec}\ntype: Opaque\nstringData: {k: v}\n",
    "sa": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\nimagePullSecrets: [{name: sec}]\n",
    "rb": "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: rb}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: role}\nsubjects:\n- {kind: ServiceAccount, name: sa, namespace: default}\n- {kind: User, name: u}\n",
    "role": "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: role}\nrules:\n- apiGroups: ['']\n  resources: [pods]\n  verbs: [get]\n  resourceNames: [web]\n",
    "ing": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: ing}\nspec:\n  rules:\n  - host: h\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        backend: {service: {name: web, port: {number: 80}}}\n",
    "cron": "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: cron}\nspec:\n  schedule: '* * * * *'\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers:\n          - {name: a, image: nginx, envFrom: [{secretRef: {name: sec}}]}\n",
    "crd": "apiVersion: e.dev/v1\nkind: Widget\nmetadata: {name: wid}\nspec:\n  list:\n  - {name: x, v: 1}\n  - {name: y, v: 2}\n  ref: {name: conf}\n  image: nginx:1\n  quoted: \"5\"\n  nul: null\n  text: >-\n    folded\n    text\n",
    "ns": "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n",
    "hpa": "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: hpa}\nspec:\n  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}\n  minReplicas: 1\n  maxReplicas: 3\n",
    "sts": "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  serviceName: web\n  selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec: {containers: [{name: a, image: 'pg:9'}]}\n  volumeClaimTemplates:\n  - metadata: {name: d}\n    spec: {resources: {requests: {storage: 1Gi}}}\n",
    "list": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: l1}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: l2}\n  data: {a: b}\n",
}  # fmt: skip
KINDS = {"deploy": ("apps/v1", "Deployment", "web"), "conf": ("v1", "ConfigMap", "conf"), "svc": ("v1", "Service", "web"),
         "crd": ("e.dev/v1", "Widget", "wid"), "sec": ("v1", "Secret", "sec"), "sts": ("apps/v1", "StatefulSet", "db")}  # fmt: skip
STRATEGIC: dict[str, tuple[dict[str, Any], ...]] = {
    "deploy": (
        {"spec": {"replicas": 3}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "new"}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "b", "$patch": "delete"}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"$patch": "replace"}, {"name": "z", "image": "q"}]}}}},
        {"spec": {"template": {"spec": {"$patch": "replace", "containers": [{"name": "z"}]}}}},
        {"spec": {"template": {"spec": {"volumes": [{"name": "v", "emptyDir": {}, "configMap": None}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80, "protocol": "UDP", "hostPort": 1}]}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80, "hostPort": 1}]}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "env": [{"name": "A", "$patch": "delete"}, {"name": "N", "value": "x"}]}]}}}},
        {"spec": {"template": {"spec": {"containers": [{"name": "a", "args": ["only"]}]}}}},
        {"spec": {"template": {"spec": {"initContainers": None}}}},
        {"spec": {"template": {"spec": {"$retainKeys": ["containers"], "containers": [{"name": "a"}]}}}},
        {"spec": {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}},
        {"metadata": {"labels": {"new": "x", "app": None}, "annotations": None}},
        {"$patch": "delete"},
        {"spec": {"template": {"spec": {"containers": [{"image": "noname"}]}}}},
        {"spec": {"template": {"spec": {"tolerations": [{"key": "k", "operator": "Exists"}]}}}},
    ),
    "conf": ({"data": {"k": "changed", "n": None}}, {"data": {"k": "x"}}, {"data": {"multi": "a\nb\n"}}, {"$patch": "replace", "data": {"z": "1"}}, {"data": {"$patch": "replace", "z": "1"}}),
    "svc": ({"spec": {"ports": [{"port": 80, "nodePort": 3}]}}, {"spec": {"ports": [{"port": 80, "$patch": "delete"}]}}, {"spec": {"ports": [{"$patch": "replace"}, {"port": 9}]}}, {"spec": {"selector": {"x": "y"}}}),
    "crd": ({"spec": {"list": [{"name": "x", "v": 9}]}}, {"spec": {"nul": 1, "quoted": 7}}, {"spec": {"ref": None}}, {"spec": {"text": "new: text\n"}}),
    "sec": ({"stringData": {"k": None}}, {"data": {"k": "dg=="}}),
    "sts": ({"spec": {"volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": {"x": 1}}]}}, {"spec": {"serviceName": "other"}}),
}  # fmt: skip
JSON6902: tuple[list[dict[str, Any]], ...] = (
    [{"op": "replace", "path": "/metadata/name", "value": "renamed"}],
    [{"op": "add", "path": "/metadata/labels/x", "value": "y"}],
    [{"op": "add", "path": "/metadata/labels", "value": {"q": "1"}}],
    [{"op": "remove", "path": "/spec/replicas"}],
    [{"op": "add", "path": "/spec/template/spec/containers/-", "value": {"name": "last"}}],
    [{"op": "add", "path": "/spec/template/spec/containers/0", "value": {"name": "first"}}],
    [{"op": "replace", "path": "/spec/template/spec/containers/1/image", "value": "x:1"}],
    [{"op": "test", "path": "/kind", "value": "Deployment"}, {"op": "add", "path": "/spec/paused", "value": True}],
    [{"op": "copy", "from": "/metadata/name", "path": "/metadata/generateName"}],
    [{"op": "move", "from": "/data/k", "path": "/data/moved"}],
    [{"op": "remove", "path": "/nope"}],
    [{"op": "add", "path": "/metadata/annotations/a~1b~0c", "value": 5}],
    [{"op": "replace", "path": "/data/k", "value": 5}],
    [{"op": "add", "path": "/spec/list/-", "value": {"name": "z"}}],
    [{"op": "replace", "path": "/spec/list/5", "value": 1}],
)
PATHS = (
    "metadata.name", "metadata.namespace", "spec.replicas", "data.k", "data.[file.txt]", "spec.template.spec.containers.0.image",
    "spec.template.spec.containers.[name=a].image", "spec.template.spec.containers.[name=b].image", "metadata.labels.app",
    "metadata.annotations.note", "spec.template.spec.containers.*.image", "spec.list.[name=x].v", "spec.list.*.v", "spec.nope.deep",
    "data.json", "spec.template.spec.containers.[name=a].env.[name=A].value", "spec.template.spec.containers.a.image", "kind",
    "metadata.labels.[e.dev/x]", "spec.rules.0.host", "spec.template.spec.containers.[name=zz].image", "spec.template.spec.volumes.-", "spec.ports.0.port",
)  # fmt: skip


class Writer:
    """Writes one tree of kustomizations."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.files: dict[str, str] = {}

    def chance(self, percent: int) -> bool:
        return self.rng.randrange(100) < percent

    def write(self) -> dict[str, str]:
        """Return the files; the folder to build is `top`."""
        names = self.rng.sample(sorted(OBJECTS), self.rng.randrange(2, 7))
        if self.chance(80) and not {"deploy", "sts"} & set(names):
            names[0] = "deploy"
        self.folder("base", {"resources": self.objects("base", names)}, names, 45)
        resources = ["../base"]
        if self.chance(25):
            extra = self.rng.sample(sorted(OBJECTS), 2)
            resources += self.objects("top", extra, rename=self.chance(70))
        if self.chance(12):
            self.folder("other", {"resources": ["../base"], "nameSuffix": "-two", "namespace": "two"}, names, 20)
            resources.append("../other")
        found: dict[str, Any] = {"resources": resources}
        if self.chance(20):
            component = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
            self.folder("comp", component, names, 60)
            found["components"] = ["../comp"]
        self.folder("top", found, names, 100)
        return self.files

    def objects(self, folder: str, names: list[str], rename: bool = False) -> list[str]:
        for name in names:
            text = OBJECTS[name]
            if rename:
                text = re.sub(r"name: (\w+)", r"name: \1x", text, count=1)
            self.files[f"{folder}/{name}.yaml"] = text
        return [f"{name}.yaml" for name in names]

    def folder(self, folder: str, found: dict[str, Any], names: list[str], percent: int) -> None:
        """Write a kustomization with some of all fields."""
        rng = self.rng
        made = [name for name in names if name in KINDS] or ["deploy"]
        fields: tuple[tuple[str, int, Any], ...] = (
            ("namePrefix", 25, lambda: rng.choice(("p-", "1", "a.b-"))),
            ("nameSuffix", 20, lambda: rng.choice(("-s", "-2"))),
            ("namespace", 30, lambda: rng.choice(("ns1", "default", "other", "true"))),
            ("commonLabels", 15, lambda: {"team": "x", **({"app": "new"} if self.chance(30) else {})}),
            ("labels", 22, self.labels),
            ("commonAnnotations", 15, lambda: {"an": rng.choice(("x", "1", "true", "a b", ""))}),
            ("images", 25, self.images),
            ("replicas", 15, lambda: [{"name": rng.choice(("web", "web", "web", "nope")), "count": rng.choice((0, 5))}]),
            ("configMapGenerator", 25, lambda: [self.generator(folder, False)]),
            ("secretGenerator", 15, lambda: [self.generator(folder, True)]),
            ("generatorOptions", 12, self.options),
            ("patches", 50, lambda: [self.patch(folder, made) for _ in range(rng.choice((1, 1, 2, 3)))]),
            ("patchesStrategicMerge", 8, lambda: [self.strategic(made)[1]]),
            ("patchesJson6902", 6, lambda: [{"target": self.exact(made), "patch": json.dumps(rng.choice(JSON6902[:3]))}]),
            ("replacements", 14, lambda: [self.replacement(made) for _ in range(rng.choice((1, 1, 2)))]),
            ("vars", 4, self.variables),
            ("sortOptions", 6, lambda: rng.choice(({"order": "legacy"}, {"order": "fifo"}, {"order": "legacy", "legacySortOptions": {"orderFirst": ["Service"], "orderLast": ["ConfigMap"]}}))),
            ("buildMetadata", 6, lambda: rng.sample(("originAnnotations", "transformerAnnotations", "managedByLabel"), 2)),
            ("transformers", 6, lambda: [self.transformer()]),
            ("configurations", 5, lambda: [self.configuration(folder)]),
        )  # fmt: skip
        for key, chance, make in fields:
            if self.chance(chance * percent // 100):
                found[key] = make()
        self.files[f"{folder}/kustomization.yaml"] = yaml.dump(found)

    def labels(self) -> list[dict[str, Any]]:
        rng = self.rng
        entry: dict[str, Any] = {"pairs": {rng.choice(("l1", "app", "e.dev/x")): rng.choice(("v", "1", "true", ""))}}
        for key, percent, choices in (
            ("includeSelectors", 40, (True, False)), ("includeTemplates", 40, (True, False)),
            ("fields", 15, ([{"path": "spec/extra/labels", "create": True}], [{"path": "metadata/labels", "kind": "Service"}])),
        ):  # fmt: skip
            if self.chance(percent):
                entry[key] = rng.choice(choices)
        return [entry]

    def images(self) -> list[dict[str, str]]:
        rng = self.rng
        entry = {"name": rng.choice(("nginx", "reg.io:5000/team/app", "busybox", "pg", "ngin.*", "nope"))}
        for key, choices in (
            ("newName", ("mirror/x", "y")),
            ("newTag", ("2", "1.0", "v1e3", "")),
            ("digest", ("sha256:def",)),
            ("tagSuffix", ("-s",)),
        ):
            if self.chance(40):
                entry[key] = rng.choice(choices)
        return [entry]

    def options(self) -> dict[str, Any]:
        rng = self.rng
        return {key: value for key, value in (("disableNameSuffixHash", rng.choice((True, False))), ("labels", {"g": "1"}), ("annotations", {"g": "x"}), ("immutable", True)) if self.chance(50)}  # fmt: skip

    def generator(self, folder: str, secret: bool) -> dict[str, Any]:
        rng = self.rng
        entry: dict[str, Any] = {"name": f"gen-{folder}" if self.chance(85) else "sec" if secret else "conf"}
        if self.chance(60):
            entry["literals"] = rng.sample(("a=1", "k=v=w", "q='x y'", 'd="z"', "e=", "n=true", "m=a\\nb", "h=# c"), 2)
        if self.chance(30):
            self.files[f"{folder}/f.txt"] = rng.choice(("one\ntwo\n", "x", "", "a: b\n\tc\n", "trail  \n", "é☺\n"))
            entry["files"] = [rng.choice(("f.txt", "key=f.txt"))]
        if self.chance(25):
            self.files[f"{folder}/f.env"] = (
                "A=1\n# c\n\nB = x\nC='q'\nexport D=1\nE\n" if self.chance(30) else "A=1\nB=x y\n# c\n"
            )
            entry["envs"] = ["f.env"]
        for key, percent, choices in (
            ("behavior", 12, ("create", "merge", "replace", "nope")), ("namespace", 15, ("ns1", "other")),
            ("options", 25, (self.options(),)), ("type", 20 if secret else 0, ("Opaque", "kubernetes.io/tls")),
        ):  # fmt: skip
            if self.chance(percent):
                entry[key] = rng.choice(choices)
        return entry

    def strategic(self, made: list[str]) -> tuple[str, str]:
        name = self.rng.choice([name for name in made if name in STRATEGIC])
        version, kind, object_name = KINDS[name]
        change = self.rng.choice(STRATEGIC[name])
        metadata = {"name": object_name, **change.get("metadata", {})}
        if name == "svc":
            metadata["namespace"] = "other"
        return name, yaml.dump({"apiVersion": version, "kind": kind, **change, "metadata": metadata})

    def exact(self, made: list[str]) -> dict[str, str]:
        version, kind, name = KINDS[self.rng.choice(made)]
        group, _, bare = version.rpartition("/")
        found = {"version": bare, "kind": kind, "name": name}
        if kind == "Service":
            found["namespace"] = "other"
        return {"group": group, **found} if group else found

    def target(self, made: list[str]) -> dict[str, str]:
        rng = self.rng
        if self.chance(50):
            return {"kind": self.exact(made)["kind"]}
        return rng.choice((self.exact(made), {"name": "web"}, {"name": "w.*"}, {"labelSelector": "app=web"}, {"kind": ".*Map"}, {"annotationSelector": "note"},
                           {"namespace": "other"}, {"kind": "Deployment", "name": "nope"}, {"group": "apps"}, {"labelSelector": "app in (web,db),!x"}))  # fmt: skip

    def patch(self, folder: str, made: list[str]) -> dict[str, Any]:
        rng = self.rng
        entry: dict[str, Any] = {}
        if self.chance(55):
            text = self.strategic(made)[1]
            if self.chance(30):
                entry["target"] = self.target(made)
        else:
            chosen = rng.choice(JSON6902 if self.chance(15) else JSON6902[:3])
            text = yaml.dump(chosen) if self.chance(60) else json.dumps(chosen)
            entry["target"] = (
                self.target(made)
                if self.chance(20)
                else self.exact([name for name in made if name == "deploy"] or made)
            )
            if entry["target"].get("kind") == "Deployment" and self.chance(60):
                entry["patch"] = text = yaml.dump(rng.choice(JSON6902[:8]))
        if self.chance(30):
            self.files[f"{folder}/patch.yaml"] = text
            entry["path"] = "patch.yaml"
        else:
            entry["patch"] = text
        if self.chance(15):
            entry["options"] = rng.choice(({"allowNameChange": True}, {"allowKindChange": True}))
        return entry

    def replacement(self, made: list[str]) -> dict[str, Any]:
        rng = self.rng
        source: dict[str, Any] = {"kind": self.exact(made)["kind"], **({"name": "conf"} if self.chance(20) else {})}
        if self.chance(80):
            source["fieldPath"] = rng.choice(PATHS)
        target: dict[str, Any] = {"select": self.target(made), "fieldPaths": rng.sample(PATHS, rng.choice((1, 2)))}
        for where in (source, target):
            if self.chance(30):
                where["options"] = {
                    key: value
                    for key, value in (
                        ("delimiter", rng.choice((":", "/", ""))),
                        ("index", rng.choice((0, 1, -1, 5))),
                        ("create", True),
                    )
                    if self.chance(60)
                }
        if self.chance(15):
            target["reject"] = [self.target(made)]
        return (
            {"source": source, "targets": [target]}
            if self.chance(85)
            else {"sourceValue": "fixed", "targets": [target]}
        )

    def variables(self) -> list[dict[str, Any]]:
        rng = self.rng
        kind = rng.choice(
            (
                {"apiVersion": "v1", "kind": "ConfigMap", "name": "conf"},
                {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
                {"kind": "Service", "apiVersion": "v1", "name": "web"},
            )
        )
        entry: dict[str, Any] = {"name": rng.choice(("VAR", "OTHER", "UNUSED")), "objref": kind}
        if self.chance(60):
            entry["fieldref"] = {
                "fieldpath": rng.choice(("metadata.name", "data.k", "spec.replicas", "metadata.namespace", "nope"))
            }
        return [entry]

    def transformer(self) -> str:
        head = "apiVersion: builtin\nkind: {}\nmetadata: {{name: t}}\n"
        return self.rng.choice((
            head.format("PrefixTransformer") + "prefix: t-\nfieldSpecs: [{path: metadata/name}]\n",
            head.format("LabelTransformer") + "labels: {t: x}\nfieldSpecs: [{path: metadata/labels, create: true}]\n",
            head.format("NamespaceTransformer")[:-12] + ", namespace: tn}\nsetRoleBindingSubjects: allServiceAccounts\n",
            head.format("AnnotationsTransformer") + "annotations: {t: x}\nfieldSpecs: [{path: metadata/annotations, create: true}]\n",
            head.format("ReplicaCountTransformer") + "replica: {name: web, count: 4}\nfieldSpecs: [{path: spec/replicas, kind: Deployment, create: true}]\n",
            head.format("ImageTagTransformer") + "imageTag: {name: nginx, newTag: t}\nfieldSpecs: [{path: spec/image}]\n",
            head.format("PatchTransformer") + "patch: '[{op: add, path: /metadata/labels/pt, value: z}]'\ntarget: {kind: Deployment}\n",
            head.format("Nope"),
        ))  # fmt: skip

    def configuration(self, folder: str) -> str:
        self.files[f"{folder}/config.yaml"] = self.rng.choice((
            "nameReference:\n- kind: ConfigMap\n  fieldSpecs:\n  - {path: spec/ref/name, kind: Widget}\n",
            "images:\n- {path: spec/image, kind: Widget}\n", "namePrefix:\n- {path: metadata/name, kind: ConfigMap}\n",
            "commonLabels:\n- {path: spec/labels, create: true, kind: Widget}\n", "varReference:\n- {path: spec/text, kind: Widget}\n",
            "replicas:\n- {path: spec/quoted, kind: Widget}\n", "namespace:\n- {path: spec/ns, create: true, kind: Widget}\n",
        ))  # fmt: skip
        return "config.yaml"


def one(seed: int, folder: Path) -> compat_kustomize.Result:
    """Judge the tree that *seed* stands for."""
    for name, text in Writer(random.Random(seed)).write().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    peer = compat_kustomize.Peer(str(KUSTOMIZE), None)
    return compat_kustomize.compare(str(seed), folder / "top", folder, peer)


def main(argv: list[str] | None = None) -> int:
    """Try many; return 1 when one differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--failing", action="store_true", help="show how both fail, too")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "random-kustomizations")
    args = parser.parse_args(argv)
    counts: dict[str, int] = {}
    shown = 0
    for seed in range(args.seed, args.seed + args.count):
        folder = args.keep / str(seed)
        subprocess.run(["rm", "-rf", str(folder)], check=True)
        folder.mkdir(parents=True)
        result = one(seed, folder)
        counts[result.verdict] = counts.get(result.verdict, 0) + 1
        if result.verdict == compat_kustomize.EQUAL or (
            result.verdict == compat_kustomize.FAILS_ALIKE and not args.failing
        ):
            subprocess.run(["rm", "-rf", str(folder)], check=True)
        elif shown < args.show:
            shown += 1
            print(f"{folder}\n  {result.verdict}: {result.detail}", flush=True)
    print(counts)
    return 0 if counts.keys() <= {compat_kustomize.EQUAL, compat_kustomize.FAILS_ALIKE} else 1


if __name__ == "__main__":
    sys.exit(main())
