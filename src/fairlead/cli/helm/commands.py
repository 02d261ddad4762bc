"""The commands of ``fairlead helm`` and their flags, as helm 4.3 has them.

Tables only, for the reader of command lines (flags.py), the help (helm_help.py) and completion. A flag is (kind,
shorthand, default); kinds are those of flags.py. Source: Helm v4.3 pkg/cmd, pkg/cli/environment.go; hidden flags of
klog included, which have no effect here.
"""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    Row = tuple[str, str, object]
    Table = dict[str, Row]

PROGRAM = "fairlead helm"
COLORS = ("never", "auto", "always")

_TEXT: Row = ("string", "", "")
_SWITCH: Row = ("bool", "", False)
_LIST: Row = ("list", "", ())

GLOBAL: Table = {
    "burst-limit": ("int", "", 100),
    "color": ("string", "", "auto"),
    "colour": ("string", "", "auto"),
    "content-cache": _TEXT,
    "debug": _SWITCH,
    "kube-apiserver": _TEXT,
    "kube-as-group": _LIST,
    "kube-as-user": _TEXT,
    "kube-ca-file": _TEXT,
    "kube-context": _TEXT,
    "kube-insecure-skip-tls-verify": _SWITCH,
    "kube-tls-server-name": _TEXT,
    "kube-token": _TEXT,
    "kubeconfig": _TEXT,
    "namespace": ("string", "n", ""),
    "qps": ("float32", "", 0.0),
    "registry-config": _TEXT,
    "repository-cache": _TEXT,
    "repository-config": _TEXT,
    # klog's
    "add-dir-header": _SWITCH,
    "alsologtostderr": _SWITCH,
    "legacy-stderr-threshold-behavior": ("bool", "", True),
    "log-backtrace-at": _TEXT,
    "log-dir": _TEXT,
    "log-file": _TEXT,
    "log-file-max-size": ("uint", "", 1800),
    "logtostderr": ("bool", "", True),
    "one-output": _SWITCH,
    "skip-headers": _SWITCH,
    "skip-log-headers": _SWITCH,
    "stderrthreshold": _TEXT,
    "v": ("string", "v", "0"),
    "vmodule": _TEXT,
}

# The variables that give a flag's default.
ENVIRONMENT = {
    "namespace": "HELM_NAMESPACE",
    "kubeconfig": "KUBECONFIG",
    "kube_context": "HELM_KUBECONTEXT",
    "kube_token": "HELM_KUBETOKEN",
    "kube_as_user": "HELM_KUBEASUSER",
    "kube_as_group": "HELM_KUBEASGROUPS",
    "kube_apiserver": "HELM_KUBEAPISERVER",
    "kube_ca_file": "HELM_KUBECAFILE",
    "kube_tls_server_name": "HELM_KUBETLS_SERVER_NAME",
    "kube_insecure_skip_tls_verify": "HELM_KUBEINSECURE_SKIP_TLS_VERIFY",
    "registry_config": "HELM_REGISTRY_CONFIG",
    "repository_config": "HELM_REPOSITORY_CONFIG",
    "repository_cache": "HELM_REPOSITORY_CACHE",
    "debug": "HELM_DEBUG",
}

_CONNECTION: Table = {
    "ca-file": _TEXT,
    "cert-file": _TEXT,
    "insecure-skip-tls-verify": _SWITCH,
    "key-file": _TEXT,
    "keyring": _TEXT,
    "password": _TEXT,
    "plain-http": _SWITCH,
    "username": _TEXT,
}
_CHART: Table = {
    **_CONNECTION,
    "devel": _SWITCH,
    "pass-credentials": _SWITCH,
    "repo": _TEXT,
    "verify": _SWITCH,
    "version": _TEXT,
}
_VALUES: Table = {
    "set": _LIST,
    "set-file": _LIST,
    "set-json": _LIST,
    "set-literal": _LIST,
    "set-string": _LIST,
    "skip-schema-validation": _SWITCH,
    "values": ("csv", "f", ()),
}
_TEMPLATE: Table = {
    **_CHART,
    **_VALUES,
    "api-versions": ("csv", "a", ()),
    "atomic": _SWITCH,
    "create-namespace": _SWITCH,
    "dependency-update": _SWITCH,
    "description": _TEXT,
    "disable-openapi-validation": _SWITCH,
    "dry-run": ("string", "", "client"),
    "enable-dns": _SWITCH,
    "force": _SWITCH,
    "force-conflicts": _SWITCH,
    "force-replace": _SWITCH,
    "generate-name": ("bool", "g", False),
    "hide-notes": _SWITCH,
    "include-crds": _SWITCH,
    "is-upgrade": _SWITCH,
    "kube-version": _TEXT,
    "labels": ("map", "l", ()),
    "name-template": _TEXT,
    "no-hooks": _SWITCH,
    "output-dir": _TEXT,
    "post-renderer": ("plugin", "", ""),
    "post-renderer-args": _LIST,
    "release-name": _SWITCH,
    "render-subchart-notes": _SWITCH,
    "replace": _SWITCH,
    "rollback-on-failure": _SWITCH,
    "server-side": ("bool", "", True),
    "show-only": ("list", "s", ()),
    "skip-crds": _SWITCH,
    "skip-tests": _SWITCH,
    "source-map": _TEXT,
    "take-ownership": _SWITCH,
    "timeout": ("duration", "", 300.0),
    "validate": _SWITCH,
    "wait": ("wait", "", "hookOnly"),
    "wait-for-jobs": _SWITCH,
}
_LINT: Table = {**_VALUES, "kube-version": _TEXT, "quiet": _SWITCH, "strict": _SWITCH, "with-subcharts": _SWITCH}
_PACKAGE: Table = {
    **_CONNECTION,
    "app-version": _TEXT,
    "dependency-update": ("bool", "u", False),
    "destination": ("string", "d", "."),
    "key": _TEXT,
    "passphrase-file": _TEXT,
    "sign": _SWITCH,
    "version": _TEXT,
}
_PULL: Table = {
    **_CHART,
    "destination": ("string", "d", "."),
    "prov": _SWITCH,
    "untar": _SWITCH,
    "untardir": ("string", "", "."),
}
_DEPENDENCY: Table = {**_CONNECTION, "skip-refresh": _SWITCH, "verify": _SWITCH}

# Flags that are not shown, and what is said when one is given.
DEPRECATED = {
    "template": {
        "atomic": "use --rollback-on-failure instead",
        "force": "use --force-replace instead",
        "hide-notes": "this flag has no effect for 'helm template' and will be removed in Helm 5",
        "render-subchart-notes": "this flag has no effect for 'helm template' and will be removed in Helm 5",
        "validate": "use '--dry-run=server' instead",
    }
}
# Flags of which at most one may be given, in the order in which helm looks at them.
EXCLUSIVE = {
    "template": (("force", "force-conflicts"), ("force-replace", "force-conflicts"), ("validate", "dry-run")),
}
# What a flag that stands alone means; any other kind but bool takes the next word.
ALONE = {"dry-run": "unset", "wait": "watcher"}

# Commands: usage after the name, least and most arguments (-1: any number), flags, and who runs it.
COMMANDS: dict[str, tuple[str, int, int, Table, str]] = {
    "dependency build": ("CHART", 0, 1, _DEPENDENCY, "dependency:build"),
    "dependency list": ("CHART", 0, 1, {"max-col-width": ("uint", "", 80)}, "dependency:listing"),
    "dependency update": ("CHART", 0, 1, _DEPENDENCY, "dependency:update"),
    "lint": ("PATH", 1, -1, _LINT, "charts:lint"),
    "package": ("[CHART_PATH] [...]", 0, -1, _PACKAGE, "charts:package"),
    "pull": ("[chart URL | repo/chartname] [...]", 1, -1, _PULL, "charts:pull"),
    "show all": ("[CHART]", 1, 1, _CHART, "charts:show"),
    "show chart": ("[CHART]", 1, 1, _CHART, "charts:show"),
    "show crds": ("[CHART]", 1, 1, _CHART, "charts:show"),
    "show readme": ("[CHART]", 1, 1, _CHART, "charts:show"),
    "show values": ("[CHART]", 1, 1, {**_CHART, "jsonpath": _TEXT}, "charts:show"),
    "template": ("[NAME] [CHART]", 1, -1, _TEMPLATE, "template:run"),
}
EXACT = ("show all", "show chart", "show crds", "show readme", "show values")  # "requires 1 argument"
# Second names, by command above.
ALIASES = {
    "": {"dep": "dependency", "dependencies": "dependency", "fetch": "pull", "inspect": "show"},
    "dependency": {"ls": "list", "up": "update"},
    "show": {},
}


def words_below(place: str) -> list[str]:
    """Return the names of the commands directly below *place* ("" is the program)."""
    lead = f"{place} " if place else ""
    return list(dict.fromkeys(name[len(lead) :].partition(" ")[0] for name in COMMANDS if name.startswith(lead)))
