"""`fairlead helm template` without argparse, whose import and set-up take longer than rendering most charts.

What these tables do not know (help, a value that may be left out, a mistake) is left to the parser in `helm.py`. Flags
and the other words may come in any order, as with helm.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_LISTS = {
    "-f": "value_files",
    "--values": "value_files",
    "--set": "set",
    "--set-string": "set_string",
    "--set-json": "set_json",
    "--set-file": "set_file",
    "--set-literal": "set_literal",
    "-s": "show_only",
    "--show-only": "show_only",
    "-a": "api_versions",
    "--api-versions": "api_versions",
    "--post-renderer-args": "post_renderer_args",
}
_TEXTS = {
    "-n": "namespace",
    "--namespace": "namespace",
    "--kube-version": "kube_version",
    "--name-template": "name_template",
    "--output-dir": "output_dir",
    "--post-renderer": "post_renderer",
    "--kubeconfig": "kubeconfig",
    "--kube-context": "kube_context",
    "--source-map": "source_map",
    "--repo": "repo",
    "--version": "version",
    "--username": "username",
    "--password": "password",
    "--ca-file": "ca_file",
    "--cert-file": "cert_file",
    "--key-file": "key_file",
    "--repository-config": "repository_config",
    "--keyring": "keyring",
    "--repository-cache": "repository_cache",
    "--registry-config": "registry_config",
    "--content-cache": "content_cache",
    "--burst-limit": "burst_limit",
    "--qps": "qps",
    "--color": "color",
    "--colour": "colour",
}
_SWITCHES = {
    "--include-crds": "include_crds",
    "--skip-tests": "skip_tests",
    "--no-hooks": "no_hooks",
    "--is-upgrade": "is_upgrade",
    "--skip-schema-validation": "skip_schema_validation",
    "--release-name": "release_name",
    "--dependency-update": "dependency_update",
    "--validate": "validate",
    "--debug": "debug",
    "-g": "generate_name",
    "--generate-name": "generate_name",
    "--enable-dns": "enable_dns",
    "--skip-crds": "skip_crds",
    "--hide-notes": "hide_notes",
    "--render-subchart-notes": "render_subchart_notes",
    "--replace": "replace",
    "--create-namespace": "create_namespace",
    "--disable-openapi-validation": "disable_openapi_validation",
    "--wait-for-jobs": "wait_for_jobs",
    "--rollback-on-failure": "rollback_on_failure",
    "--atomic": "atomic",
    "--force": "force",
    "--force-replace": "force_replace",
    "--force-conflicts": "force_conflicts",
    "--take-ownership": "take_ownership",
    "--hide-secret": "hide_secret",
    "--devel": "devel",
    "--pass-credentials": "pass_credentials",
    "--insecure-skip-tls-verify": "insecure_skip_tls_verify",
    "--plain-http": "plain_http",
    "--verify": "verify",
}
_LEFT_TO_ARGPARSE = (
    "dry_run",
    "timeout",
    "description",
    "wait",
    "server_side",
    "labels",
    "l",
)  # their value may be left out


class Flags:
    """The flags of a command line, as argparse.Namespace has them."""


def template_flags(words: Sequence[str]) -> Any:
    """Return the flags in the *words* after "template"; None when argparse must look at them."""
    flags = Flags()
    found = flags.__dict__
    found["helm_command"] = "template"
    found["args"] = []
    for name in _LISTS.values():
        found[name] = []
    for name in (*_TEXTS.values(), *_LEFT_TO_ARGPARSE):
        found[name] = ""
    for name in _SWITCHES.values():
        found[name] = False
    found["namespace"] = os.environ.get("HELM_NAMESPACE") or "default"
    rest = iter(words)
    for word in rest:
        if word[:1] != "-":
            found["args"].append(word)
        elif word in _SWITCHES:
            found[_SWITCHES[word]] = True
        else:
            flag, equals, value = word.partition("=") if word[1:2] == "-" else (word, "", "")
            if not equals:
                value = next(rest, "-")
                if value[:1] == "-":
                    return None
            if flag in _LISTS:
                found[_LISTS[flag]].append(value)
            elif flag in _TEXTS:
                found[_TEXTS[flag]] = value
            else:
                return None
    return flags if found["args"] else None


def run_quickly(words: Sequence[str]) -> int | None:
    """Do `template …`; None when the words are for the parser."""
    if words[:1] != ["template"]:
        return None
    flags = template_flags(words[1:])
    if flags is None:
        return None
    from fairlead.cli import helm

    return helm.run(flags)
