"""Clusters with a topology in many states, for the question what they want: patches, and versions during upgrades."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from topology_cases import (
    BOOTSTRAP,
    CHAIN,
    CONTROL,
    INFRA,
    INTEGER,
    STRING,
    add,
    cluster,
    cluster_class,
    definition,
    patch,
    value,
    variable,
    workers,
)

from fairlead.base.objects import Json

OWNED = {"cluster.x-k8s.io/cluster-name": "skiff", "topology.cluster.x-k8s.io/owned": ""}


def template(api_version: str, kind: str, name: str, spec: Json, **metadata: Any) -> Json:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": name, "namespace": "fleet", "uid": f"uid-{name}", **metadata},
        "spec": {"template": {"spec": spec}},
    }


def templates() -> list[Json]:
    """The templates of the class, with metadata at the places where it matters."""
    control = template(
        CONTROL,
        "KubeadmControlPlaneTemplate",
        "boats-control",
        {
            "kubeadmConfigSpec": {
                "files": [{"path": "/etc/first", "content": "1"}],
                "initConfiguration": {"nodeRegistration": {"name": "{{ local_hostname }}"}},
                "clusterConfiguration": {"apiServer": {"extraArgs": [{"name": "v", "value": "2"}]}},
            },
            "machineTemplate": {"metadata": {"labels": {"from": "template"}}},
        },
        annotations={"kubectl.kubernetes.io/last-applied-configuration": "{}", "keep": "me"},
    )
    control["spec"]["template"]["metadata"] = {"labels": {"inner": "label"}, "annotations": {"inner": "annotation"}}
    machine = {"numCPUs": 2, "memoryMiB": 4096, "template": "ubuntu", "network": {"devices": [{"dhcp4": True}]}}
    return [
        template(
            INFRA, "VSphereClusterTemplate", "boats", {"server": "", "identityRef": {"kind": "Secret", "name": "x"}}
        ),
        control,
        template(INFRA, "VSphereMachineTemplate", "boats-control", machine, labels={"size": "big"}),
        template(BOOTSTRAP, "KubeadmConfigTemplate", "boats-deck", {"preKubeadmCommands": ["true"]}),
        template(INFRA, "VSphereMachineTemplate", "boats-deck", machine, annotations={"note": "deck"}),
    ]


def named(api_version: str, kind: str, name: str, spec: Json, **more: Any) -> Json:
    metadata = {"name": name, "namespace": "fleet", "labels": dict(OWNED)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec, **more}


def group(api_version: str) -> str:
    return api_version.partition("/")[0]


def existing(control: str, reported: list[str], *decks: Json) -> list[Json]:
    """What is there of the cluster; *decks* are MachineDeployments from :func:`deck`."""
    infra = {"apiGroup": group(INFRA), "kind": "VSphereMachineTemplate", "name": "skiff-cp-machines"}
    spec = {"version": control, "replicas": 3, "machineTemplate": {"spec": {"infrastructureRef": infra}}}
    status = {"versions": [{"version": each, "replicas": 1} for each in reported]} if reported else {}
    found = [
        named(INFRA, "VSphereCluster", "skiff-infra", {}),
        named(CONTROL, "KubeadmControlPlane", "skiff-cp", spec, status=status),
        named(INFRA, "VSphereMachineTemplate", "skiff-cp-machines", {}),
    ]
    for each in decks:
        found.extend(each["objects"])
    return found


def deck(topology: str, version: str, *machines: str) -> Json:
    """A MachineDeployment with its templates and with machines of these versions."""
    name = f"skiff-{topology}"
    labels = {**OWNED, "topology.cluster.x-k8s.io/deployment-name": topology}
    bootstrap = {"apiGroup": group(BOOTSTRAP), "kind": "KubeadmConfigTemplate", "name": f"{name}-bootstrap"}
    infra = {"apiGroup": group(INFRA), "kind": "VSphereMachineTemplate", "name": f"{name}-machines"}
    machine_spec = {
        "clusterName": "skiff",
        "version": version,
        "bootstrap": {"configRef": bootstrap},
        "infrastructureRef": infra,
    }
    spec = {
        "clusterName": "skiff",
        "replicas": 2,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": machine_spec},
    }
    deployment = named("cluster.x-k8s.io/v1beta2", "MachineDeployment", name, spec)
    deployment["metadata"]["labels"] = labels
    found = [
        deployment,
        named(BOOTSTRAP, "KubeadmConfigTemplate", f"{name}-bootstrap", {}),
        named(INFRA, "VSphereMachineTemplate", f"{name}-machines", {}),
    ]
    for index, each in enumerate(machines):
        made = named("cluster.x-k8s.io/v1beta2", "Machine", f"{name}-{index}", {**machine_spec, "version": each})
        made["metadata"]["labels"] = labels
        found.append(made)
    return {"objects": found}


def referring(given: Json) -> Json:
    """A Cluster that refers to what is there."""
    spec = given["spec"]
    spec["infrastructureRef"] = {"apiGroup": group(INFRA), "kind": "VSphereCluster", "name": "skiff-infra"}
    spec["controlPlaneRef"] = {"apiGroup": group(CONTROL), "kind": "KubeadmControlPlane", "name": "skiff-cp"}
    return given


# Patches.

CONTROL_FILES = "/spec/template/spec/kubeadmConfigSpec/files"
BOATS = [
    variable("image", STRING),
    variable("cpus", INTEGER),
    variable("list", {"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}),
    variable("map", {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
]
GIVEN = [
    value("image", "noble"),
    value("cpus", 4),
    value("list", [{"a": "x"}, {"a": {"b": [1, 2.5]}}]),
    value("map", {"port": 6443, "big": 12345678, "on": True, "name": "sail", "none": None}),
]


def control(*patches: Json, **more: Any) -> Json:
    return patch(definition(*patches), **more)


def control_machines(*patches: Json) -> Json:
    return definition(*patches, apiVersion=INFRA, kind="VSphereMachineTemplate")


def infra_cluster(*patches: Json) -> Json:
    return definition(
        *patches, apiVersion=INFRA, kind="VSphereClusterTemplate", matchResources={"infrastructureCluster": True}
    )


def deck_machines(*patches: Json, names: tuple[str, ...] = ("deck",)) -> Json:
    matched = {"machineDeploymentClass": {"names": list(names)}}
    return definition(*patches, apiVersion=INFRA, kind="VSphereMachineTemplate", matchResources=matched)


def op(kind: str, path: str, **more: Any) -> Json:
    return {"op": kind, "path": path, **more}


def rendered(text: str, path: str = "/spec/template/spec/x") -> Json:
    return op("add", path, valueFrom={"template": text})


def from_variable(name: str, path: str = "/spec/template/spec/x") -> Json:
    return op("add", path, valueFrom={"variable": name})


SPEC = "/spec/template/spec"


def condition(kind: str, status: str, seconds: int) -> Json:
    return {"type": kind, "status": status, "timeoutSeconds": seconds}


MAP_LINES = (
    "{{ .map }} {{ len .map }} {{ .list }}",
    '{{ index .map "port" }} {{ get .map "name" }} {{ dig "a" "b" "none" .map }} {{ eq .map.name "sail" }}',
    "{{ keys .map | sortAlpha }} {{ range $k, $v := .map }}{{ $k }}={{ $v }};{{ end }}",
    '{{ toJson .map }} {{ merge (dict "x" 1) .map | toJson }} {{ deepCopy .map | toJson }}',
    '{{ pick .map "on" | toJson }} {{ omit .map "on" }} {{ values (pick .map "on") }} {{ deepEqual .map .map }}',
    '{{ kindOf .map }} {{ typeOf .map }} {{ kindOf .missing }} {{ printf "%v %T" .map .map }}',
    '{{ default "d" .missing.x }} {{ with .missing.x }}a{{ else }}b{{ end }} {{ and .missing .image }}',
    '{{ .map.missing.x | quote }} {{ empty .missing }} {{ $m := .map }}{{ $m.missing.y }} {{ hasKey .map "on" }}',
)
PATCHED: dict[str, list[Json]] = {
    "nothing": [],
    "value": [control(op("add", f"{SPEC}/x", value={"a": [1, None]}))],
    "value-null": [control(op("add", f"{SPEC}/x", value=None))],
    "append": [control(op("add", f"{CONTROL_FILES}/-", value={"path": "/etc/last"}))],
    "prepend": [control(op("add", f"{CONTROL_FILES}/0", value={"path": "/etc/zero"}))],
    "replace": [control(op("replace", f"{CONTROL_FILES}", value=[]))],
    "replace-missing": [control(op("replace", f"{SPEC}/missing", value=1))],
    "remove": [control(op("remove", f"{SPEC}/kubeadmConfigSpec/clusterConfiguration"))],
    "remove-missing": [control(op("remove", f"{SPEC}/missing"))],
    "add-below-missing": [control(op("add", f"{SPEC}/missing/x", value=1))],
    "add-below-string": [patch(deck_machines(op("add", f"{SPEC}/template/x", value=1)))],
    "add-not-an-index": [control(op("add", f"{CONTROL_FILES}/x", value=1))],
    "add-index-too-big": [control(op("add", f"{CONTROL_FILES}/7", value=1))],
    "empty-key-on-the-way": [control(op("add", f"{SPEC}//x", value=1))],
    "empty-key-at-the-end": [control(op("add", f"{SPEC}/", value=1), op("replace", f"{SPEC}/", value=2))],
    "spec-of-control-plane-no-object": [control(op("add", SPEC, value=1))],
    "spec-of-machines-no-object": [patch(control_machines(op("add", SPEC, value=1)))],
    "spec-removed": [control(op("remove", "/spec"))],
    "escaped-path": [control(op("add", f"{SPEC}/a~1b~0c", value=1))],
    "whole-spec": [
        patch(
            infra_cluster(
                op("add", "/spec", value={"template": {"spec": {}}}),
                op("add", f"{SPEC}/server", value="vc"),
                op("add", f"{SPEC}/controlPlaneEndpoint", valueFrom={"template": "host: h\nport: {{ .map.port }}"}),
            )
        )
    ],
    "variable": [control(from_variable("map"), from_variable("cpus", f"{SPEC}/y"))],
    "variable-path": [control(from_variable("list[1].a.b[1]"), from_variable("map.none", f"{SPEC}/y"))],
    "variable-index-by-dot": [control(from_variable("list.0.a"))],
    "variable-missing": [control(from_variable("image.x.y"))],
    "variable-missing-field": [control(from_variable("map.missing"))],
    "variable-unset": [control(from_variable("unset"))],
    "variable-bad-index": [control(from_variable("list[x].a"))],
    "variable-negative-index": [control(from_variable("list[-1].a"))],
    "variable-unclosed": [control(from_variable("list[0.a"))],
    "variable-not-a-list": [control(from_variable("map[0]"))],
    "template": [control(rendered("image: {{ .image | quote }}\ncpus: {{ .cpus }}\nbig: {{ .map.big }}"))],
    "template-range": [control(rendered("{{ range .list }}- {{ .a }}\n{{ end }}"))],
    "template-empty": [control(rendered("{{ if false }}x{{ end }}"))],
    "template-missing-variable": [control(rendered("{{ .missing }}"))],
    "template-missing-field": [control(rendered("{{ .missing.field }}"))],
    "template-nil-argument": [control(rendered("{{ upper .missing }}"))],
    "template-wrong-argument": [control(rendered("{{ upper .cpus }}"))],
    "template-not-yaml": [control(rendered("a: b: c"))],
    "template-fails": [control(rendered('{{ fail "no boats" }}'))],
    "template-does-not-parse": [control(rendered("{{ end }}"))],
    "template-sprig": [
        control(
            rendered(
                'a: {{ ternary 1 2 .map.on }}\nb: {{ regexReplaceAll "(no).*" .image "$1!" | quote }}\n'
                'c: {{ dict "k" .cpus | toJson }}\nd: {{ .image | b64enc }}\ne: {{ fromJson "[1]" | first }}'
            )
        )
    ],
    "template-maps": [control(rendered("text: |\n" + "\n".join(f"  {line}" for line in MAP_LINES)))],
    "template-field-of-null": [control(rendered("{{ .map.none.x }}"))],
    "template-field-of-number": [control(rendered("{{ .cpus.x }}"))],
    "template-yaml-words": [control(rendered("[yes, 'yes', 0x10, 1e3, ~, 010, 1_000, 12:30]"))],
    "enabled": [control(op("add", f"{SPEC}/x", value=1), enabledIf="{{ if .image }}true{{ end }}")],
    "not-enabled": [control(op("add", f"{SPEC}/x", value=1), enabledIf="{{ if .missing }}true{{ end }}")],
    "enabled-quoted": [control(op("add", f"{SPEC}/x", value=1), enabledIf='"true"')],
    "enabled-by-yes": [control(op("add", f"{SPEC}/x", value=1), enabledIf="yes")],
    "enabled-fails": [control(op("add", f"{SPEC}/x", value=1), enabledIf="{{ .a.b.c }}")],
    "builtin-cluster": [control(from_variable("builtin.cluster"))],
    "builtin-all-of-control-plane": [control(from_variable("builtin"))],
    "builtin-all-of-workers": [patch(deck_machines(from_variable("builtin")))],
    "builtin-of-cluster-template": [patch(infra_cluster(from_variable("builtin")))],
    "builtin-not-there": [patch(infra_cluster(from_variable("builtin.controlPlane.name")))],
    "kept-fields": [
        control(
            op("add", f"{SPEC}/version", value="v1.0.0"),
            op("add", f"{SPEC}/replicas", value=7),
            op("add", f"{SPEC}/machineTemplate/metadata", value={"labels": {"of": "patch"}}),
            op("add", f"{SPEC}/machineTemplate/spec", value={"infrastructureRef": {"name": "stolen"}, "more": 1}),
            op(
                "add", f"{SPEC}/rollout", value={"after": "2030-01-01T00:00:00Z", "strategy": {"type": "RollingUpdate"}}
            ),
        )
    ],
    "labels-of-control-plane": [
        control(
            op("add", "/spec/template/metadata/labels/patched", value="yes"),
            op("add", "/spec/template/metadata/labels/topology.cluster.x-k8s.io~1owned", value="stolen"),
            op("add", "/spec/template/metadata/annotations/cluster.x-k8s.io~1cloned-from-name", value="stolen"),
            op("remove", "/spec/template/metadata/labels/cluster.x-k8s.io~1cluster-name"),
        )
    ],
    "labels-of-machines": [
        patch(
            control_machines(
                op("add", "/spec/template/metadata", value={"labels": {"patched": "yes"}, "annotations": {"a": "b"}}),
            ),
            deck_machines(op("add", "/spec/template/metadata", value={"labels": {"deck": "yes"}})),
        )
    ],
    "order": [
        control(op("add", f"{SPEC}/x", value=[1]), name="first"),
        control(op("add", f"{SPEC}/x/-", value=2), name="second"),
        patch(
            definition(op("add", f"{SPEC}/x/-", value=3)),
            definition(op("add", f"{SPEC}/x/0", value=0)),
            name="third",
        ),
    ],
    "second-fails": [
        control(op("add", f"{SPEC}/x", value=1), name="first"),
        control(op("remove", f"{SPEC}/x"), op("remove", f"{SPEC}/x"), name="second"),
    ],
    "several-fail": [
        patch(
            definition(from_variable("missing")),
            deck_machines(rendered("{{ .a.b.c }}")),
            workers("*"),
        )
    ],
    "classes": [
        patch(deck_machines(op("add", f"{SPEC}/exact", value=1)), name="exact"),
        patch(deck_machines(op("add", f"{SPEC}/any", value=1), names=("*",)), name="any"),
        patch(deck_machines(op("add", f"{SPEC}/start", value=1), names=("de*",)), name="start"),
        patch(deck_machines(op("add", f"{SPEC}/end", value=1), names=("*ck",)), name="end"),
        patch(deck_machines(op("add", f"{SPEC}/other", value=1), names=("x", "dec")), name="other"),
    ],
    "overrides": [
        patch(
            definition(from_variable("image")),
            control_machines(from_variable("image")),
            deck_machines(rendered("{{ .image }}-{{ .cpus }}-{{ .builtin.machineDeployment.topologyName }}")),
        )
    ],
    "external": [{"name": "p", "external": {"generatePatchesExtension": "boats.ext"}}],
    "other-version": [patch(definition(add(), apiVersion="controlplane.cluster.x-k8s.io/v1beta1"))],
}


def patched() -> Iterator[tuple[str, Json]]:
    overrides = {"variables": {"overrides": [value("image", "deep"), value("undeclared", 1)]}}
    topology = {
        "variables": [*GIVEN, value("builtin", "mine"), value("undeclared", 1)],
        "controlPlane": {
            "replicas": 3,
            "metadata": {"labels": {"wind": "west"}, "annotations": {"tide": "low"}},
            "variables": {"overrides": [value("image", "steel")]},
        },
        "workers": {
            "machineDeployments": [
                {"class": "deck", "name": "md-0", "replicas": 0},
                {"class": "deck", "name": "md-1", "metadata": {"labels": {"sail": "red"}}, **overrides},
            ]
        },
    }
    for name, patches in PATCHED.items():
        given = cluster(
            topology,
            labels={"fleet": "north"},
            annotations={"a": "b", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
        )
        there = existing("v1.33.1", ["v1.33.1"], deck("md-0", "v1.33.1"), deck("md-1", "v1.33.1"))
        yield (
            f"patched-{name}",
            {
                "op": "desired",
                "class": cluster_class(variables=BOATS, patches=patches),
                "cluster": referring(given),
                "objects": [*templates(), *there],
            },
        )


# Versions.


def annotated(name: str, **annotations: str) -> Json:
    marks = {f"topology.cluster.x-k8s.io/{key.replace('_', '-')}": text for key, text in annotations.items()}
    return {"class": "deck", "name": name, "replicas": 2, "metadata": {"annotations": marks}}


OLD, NEW = "v1.33.1", "v1.34.0"
STATES: dict[str, tuple[str, str, list[str], list[Json]]] = {
    # wanted version, the control plane's version, versions of its machines, workers
    "stable": (OLD, OLD, [OLD], [deck("md-0", OLD, OLD, OLD), deck("md-1", OLD, OLD)]),
    "start": (NEW, OLD, [OLD], [deck("md-0", OLD, OLD, OLD), deck("md-1", OLD, OLD)]),
    "control-plane-provisioning": (NEW, OLD, [], [deck("md-0", OLD)]),
    "control-plane-provisioning-same": (OLD, OLD, [], [deck("md-0", OLD)]),
    "control-plane-upgrading": (NEW, NEW, [OLD, NEW], [deck("md-0", OLD, OLD)]),
    "control-plane-upgrading-other": (NEW, OLD, ["v1.33.0", OLD], [deck("md-0", OLD, OLD)]),
    "control-plane-done": (NEW, NEW, [NEW], [deck("md-0", OLD, OLD), deck("md-1", OLD, OLD)]),
    "first-workers-upgrading": (NEW, NEW, [NEW], [deck("md-0", NEW, OLD, NEW), deck("md-1", OLD, OLD)]),
    "first-workers-done": (NEW, NEW, [NEW], [deck("md-0", NEW, NEW), deck("md-1", OLD, OLD)]),
    "all-done": (NEW, NEW, [NEW], [deck("md-0", NEW, NEW), deck("md-1", NEW, NEW)]),
    "workers-upgrading-when-started": (NEW, OLD, [OLD], [deck("md-0", OLD, "v1.32.0")]),
    "new-workers-while-stable": (OLD, OLD, [OLD], [deck("md-0", OLD, OLD)]),
    "new-workers-while-upgrading": (NEW, NEW, [OLD], [deck("md-0", OLD, OLD)]),
    "no-workers-yet": (OLD, OLD, [OLD], []),
    "workers-newer": ("v1.31.0", "v1.31.0", ["v1.31.0"], [deck("md-0", "v1.33.0")]),
    "workers-a-patch-newer": (OLD, OLD, [OLD], [deck("md-0", "v1.33.2", "v1.33.2")]),
    "too-far": ("v1.36.0", OLD, [OLD], [deck("md-0", OLD, OLD)]),
}
TWO = [{"class": "deck", "name": name, "replicas": 2} for name in ("md-0", "md-1")]
MARKED: dict[str, list[Json]] = {
    "defer-first": [annotated("md-0", defer_upgrade=""), TWO[1]],
    "defer-second": [TWO[0], annotated("md-1", defer_upgrade="")],
    "hold-first": [annotated("md-0", hold_upgrade_sequence=""), TWO[1]],
    "hold-second": [TWO[0], annotated("md-1", hold_upgrade_sequence="")],
    "hold-in-reverse-order": [annotated("md-1", hold_upgrade_sequence=""), TWO[0]],
}
CHAINED: dict[str, tuple[str, str, list[str], list[Json]]] = {
    "start": ("v1.35.2", "v1.30.2", ["v1.30.2"], [deck("md-0", "v1.30.2", "v1.30.2")]),
    "second": ("v1.35.2", "v1.31.4", ["v1.31.4"], [deck("md-0", "v1.30.2", "v1.30.2")]),
    "waits-for-workers": ("v1.35.2", "v1.33.1", ["v1.33.1"], [deck("md-0", "v1.30.2", "v1.30.2")]),
    "workers-on-their-way": (
        "v1.35.2",
        "v1.33.1",
        ["v1.33.1"],
        [deck("md-0", "v1.33.1", "v1.30.2"), deck("md-1", "v1.30.2", "v1.30.2")],
    ),
    "workers-there": ("v1.35.2", "v1.33.1", ["v1.33.1"], [deck("md-0", "v1.33.1", "v1.33.1")]),
    "workers-wait": ("v1.35.2", "v1.34.0", ["v1.34.0"], [deck("md-0", "v1.33.1", "v1.33.1")]),
    "control-plane-last": ("v1.35.2", "v1.35.2", ["v1.35.2"], [deck("md-0", "v1.33.1", "v1.33.1")]),
    "workers-too-far": ("v1.35.2", "v1.35.2", ["v1.35.2"], [deck("md-0", "v1.31.4", "v1.31.4")]),
    "without-workers": ("v1.35.2", "v1.30.2", ["v1.30.2"], []),
}


def versioned(
    state: tuple[str, str, list[str], list[Json]],
    wanted_workers: list[Json] = TWO,
    offered: list[str] | None = None,
    **annotations: str,
) -> Json:
    version, control_version, reported, decks = state
    topology = {"version": version, "workers": {"machineDeployments": wanted_workers}}
    given = referring(cluster(topology, **({"annotations": annotations} if annotations else {})))
    if not wanted_workers:
        del given["spec"]["topology"]["workers"]
    spec = {"kubernetesVersions": offered} if offered else {}
    return {
        "op": "desired",
        "class": cluster_class(**spec),
        "cluster": given,
        "objects": [*templates(), *existing(control_version, reported, *decks)],
    }


def upgrades() -> Iterator[tuple[str, Json]]:
    first = {"op": "desired", "class": cluster_class(), "cluster": cluster({"workers": {"machineDeployments": TWO}})}
    yield "version-first-time", {**first, "objects": templates()}
    for name, state in STATES.items():
        yield f"version-{name}", versioned(state, TWO if state[3] or "new" in name else [])
    done = STATES["control-plane-done"]
    for name, wanted in MARKED.items():
        yield f"version-{name}", versioned(done, wanted)
    yield "version-defer-when-new", versioned(STATES["new-workers-while-stable"], MARKED["defer-second"])
    two_at_once = {"topology.cluster.x-k8s.io/upgrade-concurrency": "2"}
    yield "version-two-at-once", versioned(done, **two_at_once)
    yield "version-two-at-once-one-going", versioned(STATES["first-workers-upgrading"], **two_at_once)
    for name, state in CHAINED.items():
        yield f"version-chain-{name}", versioned(state, TWO[: len(state[3])], CHAIN)


# Everything else that a class and a topology may ask for.

CHECKS = {"nodeStartupTimeoutSeconds": 300, "unhealthyNodeConditions": [condition("Ready", "Unknown", 300)]}
OTHER_CHECKS = {"unhealthyNodeConditions": [condition("Ready", "False", 60)]}
REMEDIATION = {"triggerIf": {"unhealthyLessThanOrEqualTo": "40%"}}
DELETION = {"nodeDrainTimeoutSeconds": 10, "nodeVolumeDetachTimeoutSeconds": 20, "nodeDeletionTimeoutSeconds": 0}
ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 2, "maxUnavailable": "10%"}}
TAINT = {"key": "boats", "value": "only", "effect": "NoSchedule", "propagation": "Always"}
SHAPES: dict[str, tuple[Json, Json, Json, Json]] = {
    # what the class says of the control plane and of workers, what the topology says of both
    "plain": ({}, {}, {}, {}),
    "metadata": (
        {"metadata": {"labels": {"a": "class", "b": "class"}, "annotations": {"a": "class"}}},
        {"metadata": {"labels": {"a": "class", "b": "class"}, "annotations": {"b": "class"}}},
        {"metadata": {"labels": {"a": "topology", "c": "topology"}, "annotations": {"a": "topology"}}},
        {"metadata": {"labels": {"a": "topology", "c": "topology"}, "annotations": {"a": "topology"}}},
    ),
    "deletion-of-class": ({"deletion": DELETION}, {"deletion": {**DELETION, "order": "Oldest"}}, {}, {}),
    "deletion-of-topology": (
        {"deletion": DELETION},
        {"deletion": {**DELETION, "order": "Oldest"}},
        {"deletion": {"nodeDrainTimeoutSeconds": 0}},
        {"deletion": {"nodeDrainTimeoutSeconds": 0, "order": "Newest"}},
    ),
    "taints-and-gates-of-class": (
        {"taints": [TAINT], "readinessGates": [{"conditionType": "Ashore"}]},
        {"taints": [TAINT], "readinessGates": [{"conditionType": "Ashore"}]},
        {},
        {},
    ),
    "taints-and-gates-of-topology": (
        {"taints": [TAINT], "readinessGates": [{"conditionType": "Ashore"}]},
        {"taints": [TAINT], "readinessGates": [{"conditionType": "Ashore"}]},
        {"taints": [{**TAINT, "key": "mine"}], "readinessGates": [{"conditionType": "Afloat", "polarity": "Negative"}]},
        {"taints": [{**TAINT, "key": "mine"}], "readinessGates": [{"conditionType": "Afloat"}]},
    ),
    "rollout-of-class": ({}, {"rollout": {"strategy": ROLLING}, "minReadySeconds": 5, "failureDomain": "fd-1"}, {}, {}),
    "rollout-of-topology": (
        {},
        {"rollout": {"strategy": ROLLING}, "minReadySeconds": 5, "failureDomain": "fd-1"},
        {"rollout": {"after": "2030-01-01T00:00:00Z"}},
        {
            "rollout": {"after": "2030-01-01T00:00:00Z", "strategy": {"type": "OnDelete"}},
            "minReadySeconds": 0,
            "failureDomain": "fd-2",
        },
    ),
    "health-of-class": (
        {"healthCheck": {"checks": CHECKS, "remediation": REMEDIATION}},
        {"healthCheck": {"checks": CHECKS, "remediation": {**REMEDIATION, "maxInFlight": 2}}},
        {},
        {},
    ),
    "health-of-topology": (
        {"healthCheck": {"checks": CHECKS, "remediation": REMEDIATION}},
        {"healthCheck": {"checks": CHECKS, "remediation": {**REMEDIATION, "maxInFlight": 2}}},
        {"healthCheck": {"enabled": True, "checks": OTHER_CHECKS}},
        {"healthCheck": {"checks": OTHER_CHECKS, "remediation": {"maxInFlight": "50%"}}},
    ),
    "health-switched-off": (
        {"healthCheck": {"checks": CHECKS}},
        {"healthCheck": {"checks": CHECKS}},
        {"healthCheck": {"enabled": False}},
        {"healthCheck": {"enabled": False}},
    ),
    "health-of-topology-alone": (
        {},
        {},
        {"healthCheck": {"checks": CHECKS}},
        {"healthCheck": {"remediation": {"maxInFlight": 1}}},
    ),
    "naming": (
        {"naming": {"template": "{{ .cluster.name }}-control"}},
        {"naming": {"template": "{{ .machineDeployment.topologyName }}-of-{{ .cluster.name }}"}},
        {},
        {},
    ),
    "no-replicas": ({}, {}, {"replicas": None}, {"replicas": None}),
    "none-wanted": ({}, {}, {"replicas": 0}, {"replicas": 0}),
}


def shapes() -> Iterator[tuple[str, Json]]:
    for name, (class_control, class_deck, own_control, own_deck) in SHAPES.items():
        given = cluster_class()
        given["spec"]["controlPlane"].update(class_control)
        given["spec"]["workers"]["machineDeployments"][0].update(class_deck)
        topology = {
            "controlPlane": known({"replicas": 3, **own_control}),
            "workers": {"machineDeployments": [known({"class": "deck", "name": "md-0", "replicas": 2, **own_deck})]},
        }
        for state, there in (("new", []), ("old", existing(OLD, [OLD], deck("md-0", OLD)))):
            wanted = cluster(topology)
            if not topology["controlPlane"]:
                del wanted["spec"]["topology"]["controlPlane"]
            yield (
                f"shape-{name}-{state}",
                {
                    "op": "desired",
                    "class": given,
                    "cluster": referring(wanted) if there else wanted,
                    "objects": [*templates(), *there],
                },
            )
    lean = cluster_class()
    del lean["spec"]["controlPlane"]["machineInfrastructure"]
    lean["spec"]["infrastructure"]["naming"] = {"template": "infra-{{ .cluster.name }}"}
    yield (
        "shape-control-plane-without-machines",
        {"op": "desired", "class": lean, "cluster": cluster(), "objects": templates()},
    )
    unknown = cluster({"workers": {"machineDeployments": [{"class": "hold", "name": "md-0"}]}})
    yield "shape-unknown-class", {"op": "desired", "class": cluster_class(), "cluster": unknown, "objects": templates()}


def known(given: Json) -> Json:
    return {key: each for key, each in given.items() if each is not None}


def wanted_objects() -> Iterator[tuple[str, Json]]:
    for name, question in (*patched(), *upgrades(), *shapes()):
        yield name, copy.deepcopy(question)
