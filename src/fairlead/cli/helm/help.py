"""The help of ``fairlead helm``, laid out as helm lays out its own, and parsers with the same flags for completion.

Source of the layout: spf13/cobra v1.10 (usage template), spf13/pflag v1.0.10 (FlagUsages). The texts are our own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fairlead.cli.helm.commands import (
    ALIASES,
    ALONE,
    COLORS,
    COMMANDS,
    DEPRECATED,
    GLOBAL,
    PROGRAM,
    words_below,
)
from fairlead.engines.gotemplate.strconv import quote

if TYPE_CHECKING:
    import argparse

    from fairlead.cli.flags import Row

ABOUT = {
    "": (
        "charts: render, check, look into, pack, fetch",
        "Work with Helm charts: flags, output and exit codes are those of helm 4.3.\n\n"
        "Values files, charts and repositories are found as helm finds them, with helm's\n"
        "environment variables (HELM_NAMESPACE, HELM_REPOSITORY_CONFIG, HELM_PLUGINS, ...).",
    ),
    "dependency": (
        "manage a chart's dependencies",
        "List, fetch and rebuild what a chart depends on.\n\n"
        "Dependencies are declared in Chart.yaml, each with a name, a version or range of\n"
        "versions, and a repository: the URL of a chart repository, an OCI registry\n"
        "(oci://), a folder (file://) or a known repository's name (@name or alias:name).\n"
        "They are kept in charts/, and their exact versions in Chart.lock.",
    ),
    "dependency build": (
        "rebuild charts/ from the Chart.lock file",
        "Fetch the versions that Chart.lock names into charts/.\n\nWithout a lock file this does what update does.",
    ),
    "dependency list": (
        "list a chart's dependencies",
        "Show the dependencies that a chart declares, and what is there of them.\n\n"
        "The chart is a folder or an archive.",
    ),
    "dependency update": (
        "bring charts/ up to what Chart.yaml declares",
        "Choose the newest versions that Chart.yaml allows, fetch them into charts/, remove\n"
        "what they replace, and write Chart.lock.",
    ),
    "lint": (
        "examine a chart for possible issues",
        "Examine charts, and say what is wrong with them.\n\n"
        "[ERROR] is what would keep a chart from being installed, [WARNING] what is against\n"
        "conventions, [INFO] what could be better.",
    ),
    "package": (
        "pack a chart's folder into an archive",
        "Write an archive NAME-VERSION.tgz of each chart's folder.\n\n"
        "SOURCE_DATE_EPOCH, when set, is the time that the archive's files get.",
    ),
    "pull": (
        "download charts from repositories, and unpack them if asked to",
        "Download charts by URL, by repository and name, or from an OCI registry.\n\n"
        "With --verify, a chart is kept only when its provenance file is signed by a key in\n"
        "the keyring and has the archive's digest.",
    ),
    "show": ("show what is in a chart", "Show parts of a chart: a folder, an archive, a URL or a repository's chart."),
    "show all": ("show the whole of it", "Show a chart's Chart.yaml, values.yaml, README and CRDs."),
    "show chart": ("show a chart's definition", "Show a chart's Chart.yaml."),
    "show crds": ("show a chart's CRDs", "Show a chart's CustomResourceDefinitions."),
    "show readme": ("show a chart's README", "Show a chart's README."),
    "show values": ("show a chart's default values", "Show a chart's values.yaml."),
    "template": (
        "render a chart's templates",
        "Render a chart's templates, and print the manifests.\n\n"
        "No cluster is asked unless --dry-run=server is given: what a chart would ask it\n"
        "comes from --kube-version and --api-versions, and lookup finds nothing.",
    ),
}

FLAGS = {
    "add-dir-header": "",
    "api-versions": "API versions the cluster has, for .Capabilities (may be given several times)",
    "app-version": "appVersion to give the chart",
    "burst-limit": "accepted, has no effect",
    "ca-file": "certificates to verify the repository's server with",
    "cert-file": "client certificate to show the repository's server",
    "color": "colours in the output (never, auto, always)",
    "colour": "colours in the output (never, auto, always)",
    "content-cache": "accepted, has no effect: charts are not cached",
    "create-namespace": "accepted, has no effect on rendering",
    "debug": "print manifests that are no YAML, too",
    "dependency-update": "fetch missing dependencies first",
    "description": "accepted, has no effect on rendering",
    "destination": "folder to write to",
    "devel": "prereleases too: the same as --version '>0.0.0-0'; --version wins over it",
    "disable-openapi-validation": "accepted, has no effect on rendering",
    "dry-run": 'whether to ask the cluster: "client" does not, "server" does',
    "enable-dns": "accepted, has no effect: getHostByName finds nothing",
    "force-conflicts": "accepted, has no effect on rendering",
    "force-replace": "accepted, has no effect on rendering",
    "generate-name": "accepted, has no effect on rendering",
    "include-crds": "put the chart's CRDs first",
    "insecure-skip-tls-verify": "do not verify the certificate of the repository's server",
    "is-upgrade": "set .Release.IsUpgrade instead of .Release.IsInstall",
    "jsonpath": "JSONPath template to filter the values with",
    "key": "name of the key to sign with",
    "key-file": "key of the client certificate",
    "keyring": "file of the keys to sign or verify with",
    "kube-apiserver": "address of the Kubernetes API, instead of the kubeconfig's",
    "kube-as-group": "group to act as",
    "kube-as-user": "user to act as",
    "kube-ca-file": "certificates to verify the Kubernetes API with",
    "kube-context": "context of the kubeconfig to use",
    "kube-insecure-skip-tls-verify": "do not verify the certificate of the Kubernetes API",
    "kube-tls-server-name": "name to expect in the certificate of the Kubernetes API",
    "kube-token": "bearer token to log in to the Kubernetes API with",
    "kube-version": "the cluster's version, for .Capabilities and deprecations",
    "kubeconfig": "how to reach the Kubernetes API, for --dry-run=server, and the default namespace",
    "labels": "accepted, has no effect on rendering",
    "max-col-width": "columns wider than this are cut",
    "name-template": "template of the release's name",
    "namespace": "the release's namespace",
    "no-hooks": "leave hooks out",
    "output-dir": "write each template's output to a file below this folder",
    "pass-credentials": "send user and password to other hosts, too",
    "passphrase-file": 'file of the passphrase of the key to sign with; "-" is standard input',
    "password": "password at the repository",
    "plain-http": "talk to OCI registries by HTTP without TLS",
    "post-renderer": "name of the plugin to run the manifests through",
    "post-renderer-args": "argument for that plugin (may be given several times)",
    "prov": "fetch the provenance file too, without verifying it",
    "qps": "accepted, has no effect",
    "quiet": "print only warnings and errors",
    "registry-config": "file of the logins to OCI registries",
    "release-name": "put files into a folder named for the release, with --output-dir",
    "replace": "accepted, has no effect on rendering",
    "repo": "URL of the repository in which to find the chart",
    "repository-cache": "folder of the repositories' indexes; they are fetched anew, though",
    "repository-config": "file of the known repositories",
    "rollback-on-failure": "accepted, has no effect on rendering",
    "server-side": "accepted, has no effect on rendering",
    "set": "value as key=value (may be given several times, or as a list with commas)",
    "set-file": "value as key=path of the file that has the text (may be given several times)",
    "set-json": "value as key=JSON, or values as one JSON object (may be given several times)",
    "set-literal": "value as key=text in which nothing is special (may be given several times)",
    "set-string": "value as key=value, kept as text (may be given several times)",
    "show-only": "print only what these templates made (may be given several times, with wildcards)",
    "sign": "sign the archive: write NAME-VERSION.tgz.prov beside it",
    "skip-crds": "accepted, has no effect on rendering",
    "skip-refresh": "do not fetch the indexes of all known repositories first",
    "skip-schema-validation": "do not check values against values.schema.json",
    "skip-tests": "leave test hooks out",
    "source-map": "write where each line of output comes from to this file, as JSON",
    "strict": "fail on warnings",
    "take-ownership": "accepted, has no effect on rendering",
    "timeout": "accepted, has no effect on rendering",
    "untar": "unpack the chart",
    "untardir": "folder to unpack to, below the destination",
    "username": "user at the repository",
    "values": "values from a YAML file or URL (may be given several times, or as a list with commas)",
    "verify": "verify the chart's provenance file first",
    "version": "version or range of versions to use; the newest without it",
    "wait": "accepted, has no effect on rendering",
    "wait-for-jobs": "accepted, has no effect on rendering",
    "with-subcharts": "examine the charts in charts/, too",
}
OF_COMMAND = {
    ("package", "version"): "version to give the chart",
    ("package", "dependency-update"): "bring charts/ up to date first",
    ("lint", "debug"): "accepted, has no effect",
}
_TYPES = {
    "list": "stringArray",
    "csv": "strings",
    "map": "stringToString",
    "wait": "WaitStrategy",
    "plugin": "postRendererString",
}


def help_text(place: str) -> str:
    """Return what `--help` of the command at *place* ("" is the program) prints."""
    below = [] if place in COMMANDS else words_below(place)
    path = f"{PROGRAM} {place}".rstrip()
    parts = [ABOUT[place][1], "", "Usage:"]
    if place in COMMANDS:
        parts.append(f"  {path} {COMMANDS[place][0]} [flags]")
    else:
        parts.append(f"  {path} [command]")
    name = place.rpartition(" ")[2]
    others = [alias for alias, meant in ALIASES.get(place.rpartition(" ")[0], {}).items() if meant == name]
    if others:
        parts += ["", "Aliases:", f"  {', '.join([name, *others])}"]
    if below:
        parts += ["", "Available Commands:"]
        lead = f"{place} " if place else ""
        shown = {each: ABOUT[lead + each][0] for each in below} | ({} if place else {"help": "help about any command"})
        parts += [f"  {each:11} {shown[each]}" for each in sorted(shown)]
    own: dict[str, Row] = dict(COMMANDS[place][3]) if place in COMMANDS else {}
    if not place:
        own |= GLOBAL
    own["help"] = ("bool", "h", False)
    parts += ["", "Flags:", *_flag_lines(place, own)]
    if place:
        parts += ["", "Global Flags:", *_flag_lines(place, GLOBAL)]
    if below:
        parts += ["", f'Use "{path} [command] --help" for more information about a command.']
    return "\n".join(parts) + "\n"


def _shown(place: str, table: Mapping[str, Row]) -> list[str]:
    hidden = DEPRECATED.get(place, {})
    return sorted(name for name in table if name not in hidden and (name == "help" or FLAGS.get(name)))


def about_flag(place: str, name: str) -> str:
    """Return what a command's flag does."""
    if name == "help":
        return f"help for {place.rpartition(' ')[2] or PROGRAM}"
    return OF_COMMAND.get((place, name)) or FLAGS[name]


def _flag_lines(place: str, table: Mapping[str, Row]) -> list[str]:
    left: list[str] = []
    right: list[str] = []
    for name in _shown(place, table):
        kind, letter, default = table[name]
        line = f"  -{letter}, --{name}" if letter else f"      --{name}"
        if kind != "bool":
            line += f" {'postRendererArgsSlice' if name == 'post-renderer-args' else _TYPES.get(kind, kind)}"
            if name in ALONE:
                line += f'[="{ALONE[name]}"]' if kind == "string" else f"[={ALONE[name]}]"
        left.append(line)
        right.append(about_flag(place, name) + _default(name, kind, default))
    width = max(map(len, left), default=0)
    return [f"{line:{width}}   {text}" for line, text in zip(left, right, strict=True)]


def _default(name: str, kind: str, default: object) -> str:
    if name in ("labels", "post-renderer-args"):
        return " (default [])"
    if name == "timeout":
        return " (default 5m0s)"
    value = default_paths().get(name, default)
    if not value:
        return ""
    if kind == "string":
        return f" (default {quote(str(value))})"
    return f" (default {'true' if value is True else value})"


def default_paths() -> dict[str, str]:
    """Return where helm's files are when no flag says it."""
    from fairlead.cli.helm.paths import cache, config, keyring

    return {
        "content-cache": os.environ.get("HELM_CONTENT_CACHE") or cache("content"),
        "keyring": keyring(),
        "registry-config": os.environ.get("HELM_REGISTRY_CONFIG") or config("registry/config.json"),
        "repository-cache": os.environ.get("HELM_REPOSITORY_CACHE") or cache("repository"),
        "repository-config": os.environ.get("HELM_REPOSITORY_CONFIG") or config("repositories.yaml"),
    }


def unknown_command(word: str) -> str:
    """Return the error for a first word that is no command."""
    text = f"Error: unknown command {quote(word)} for {quote(PROGRAM)}"
    near = [name for name in words_below("") if _distance(word.lower(), name) <= 2 or name.startswith(word.lower())]
    if near:
        text += "\n\nDid you mean this?\n" + "".join(f"\t{name}\n" for name in near)
    return f"{text}\nRun '{PROGRAM} --help' for usage."


def _distance(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for at, char in enumerate(left, 1):
        before, row[0] = row[0], at
        for column, other in enumerate(right, 1):
            before, row[column] = (
                row[column],
                min(before + (char != other), row[column] + 1, row[column - 1] + 1),
            )
    return row[-1]


def configure(parser: argparse.ArgumentParser) -> None:
    """Give *parser* the same commands and flags, for completion."""
    groups: dict[str, Any] = {"": parser.add_subparsers(metavar="COMMAND")}
    for place in COMMANDS:
        above, _, name = place.rpartition(" ")
        if above not in groups:
            group = groups[""].add_parser(above, help=ABOUT[above][0])
            groups[above] = group.add_subparsers(metavar="COMMAND")
        command = groups[above].add_parser(name, help=ABOUT[place][0])
        table = {**COMMANDS[place][3], **GLOBAL}
        for flag in _shown(place, table):
            kind, letter, _ = table[flag]
            names = (f"-{letter}", f"--{flag}") if letter else (f"--{flag}",)
            text = about_flag(place, flag).replace("%", "%%")
            if kind == "bool":
                command.add_argument(*names, action="store_true", help=text)
            else:
                choices = {"dry-run": ("client", "server"), "color": COLORS, "colour": COLORS}.get(flag)
                command.add_argument(*names, choices=choices, help=text)
