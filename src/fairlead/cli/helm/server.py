"""The API that ``fairlead helm template --dry-run=server`` renders against.

Source: Helm v4.3 pkg/action/action.go (getCapabilities, GetVersionSet),
pkg/engine/lookup_func.go, pkg/action/validate.go. Only reads.
"""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote as encode

from fairlead.base import yaml
from fairlead.cli.transport import HttpTransport
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.capabilities import Capabilities, parse_kube_version
from fairlead.engines.helm.errors import HelmError
from fairlead.engines.helm.functions.encoding import to_floats
from fairlead.engines.helm.manifests import Manifest
from fairlead.runtime.kubeconfig import Access, KubeconfigError, load_access

TIMEOUT_SECONDS = 30.0


class Server:
    """A cluster's API, asked when something is needed."""

    def __init__(self, args: Any) -> None:
        self._transport = HttpTransport(_access(args))
        self._headers = {"Accept": "application/json"}
        if args.kube_as_user:
            self._headers["Impersonate-User"] = args.kube_as_user
        if len(args.kube_as_group) > 1:
            raise HelmError(
                "cannot act as more than one group: a request of this command names one",
                hint="give --kube-as-group once",
            )
        for group in args.kube_as_group:
            self._headers["Impersonate-Group"] = group
        self._kinds: dict[tuple[str, str], dict[str, Any]] | None = None
        self._versions: list[str] = []

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def get(self, path: str) -> tuple[int, Any]:
        """Return the status and the decoded answer.

        Raises:
            HelmError: the API cannot be reached.
        """
        try:
            answer = self._transport.request("GET", path, self._headers, None, TIMEOUT_SECONDS)
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise HelmError(f"cluster reachability check failed: kubernetes cluster unreachable: {error}") from error

    def capabilities(self) -> Capabilities:
        """Return what the cluster offers."""
        status, version = self.get("/version")
        if status != 200:
            raise HelmError(f"could not get server version from Kubernetes: {version.get('message', status)}")
        self._discover()
        return Capabilities.of_cluster(parse_kube_version(version["gitVersion"]), self._versions)

    def _discover(self) -> dict[tuple[str, str], dict[str, Any]]:
        if self._kinds is not None:
            return self._kinds
        groups = [(version, f"/api/{version}") for version in self.get("/api")[1].get("versions", ())]
        for group in self.get("/apis")[1].get("groups", ()):
            groups += [(item["groupVersion"], f"/apis/{item['groupVersion']}") for item in group["versions"]]
        kinds: dict[tuple[str, str], dict[str, Any]] = {}
        versions: dict[str, None] = {}
        for version, path in groups:
            versions[version] = None
            for resource in self.get(path)[1].get("resources", ()):
                versions[f"{version}/{resource['kind']}"] = None
                if "/" not in resource["name"]:
                    kinds[version, resource["kind"]] = {**resource, "path": path}
        self._versions = list(versions)
        self._kinds = kinds
        return kinds

    def _path(self, resource: dict[str, Any], namespace: str, name: str) -> str:
        path: str = resource["path"]
        if resource.get("namespaced") and namespace:
            path += f"/namespaces/{encode(namespace)}"
        path += f"/{resource['name']}"
        return f"{path}/{encode(name)}" if name else path

    def lookup(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        """Return an object, or the list of a kind when *name* is empty; nothing where there is none."""
        from fairlead.engines.gotemplate.errors import FuncError

        resource = self._discover().get((api_version, kind))
        if resource is None:
            raise FuncError(
                f"unable to get apiresource from unstructured: {api_version}, Kind={kind}: "
                f"no matches for kind {quote(kind)} in version {quote(api_version)}"
            )
        status, found = self.get(self._path(resource, namespace, name))
        if status == 404:
            return {}
        if status != 200:
            raise FuncError(str(found.get("message") or status))
        return to_floats(found)  # type: ignore[no-any-return]

    def check(self, manifests: Sequence[Manifest], namespace: str, release: str) -> None:
        """See that the API knows each kind and has none of the objects already.

        Raises:
            HelmError: in Helm's words.
        """
        kinds = self._discover()
        for item in manifests:
            if (item.api_version, item.kind) not in kinds and item.kind:
                raise HelmError(
                    "unable to build kubernetes objects from release manifest: resource mapping not found for name: "
                    f"{quote(item.object_name)} namespace: {quote(_namespace(item))} from "
                    f'"": no matches for kind {quote(item.kind)} in version {quote(item.api_version)}\n'
                    "ensure CRDs are installed first",
                    file=item.name,
                )
        for item in manifests:
            if not item.kind:
                continue
            resource = kinds[item.api_version, item.kind]
            place = (_namespace(item) or namespace) if resource.get("namespaced") else ""
            status, found = self.get(self._path(resource, place, item.object_name))
            if status == 200:
                _check_owner(item, found, place, release, namespace)


def _access(args: Any) -> Access:
    """Return how to reach the API: what the kubeconfig says, and over it what the flags say.

    Raises:
        HelmError: in Helm's words.
    """
    path = args.kubeconfig.split(os.pathsep)[0] or "~/.kube/config"  # the flag, or KUBECONFIG
    path = os.path.expanduser(path)
    changes: dict[str, Any] = {}
    if args.kube_token:
        changes["token"] = args.kube_token
    if args.kube_tls_server_name:
        changes["tls_server_name"] = args.kube_tls_server_name
    if args.kube_insecure_skip_tls_verify:
        changes |= {"insecure": True, "ca": b""}
    try:
        if args.kube_ca_file:
            changes["ca"] = Path(args.kube_ca_file).read_bytes()
        if args.kube_apiserver:
            secure = bool(changes.get("ca") or changes.get("insecure"))
            lead = "" if "://" in args.kube_apiserver else "https://" if secure else "http://"
            changes["server"] = lead + args.kube_apiserver
            if not os.path.exists(path):
                return Access(**changes)
        return replace(load_access(Path(path), args.kube_context), **changes)
    except (OSError, KubeconfigError) as error:
        raise HelmError(
            f"kubernetes cluster unreachable: {error}", file=path, hint="name a kubeconfig with --kubeconfig FILE"
        ) from error


def _namespace(item: Manifest) -> str:
    content = yaml.load(item.content)
    metadata = content.get("metadata") if isinstance(content, dict) else None
    return str((metadata or {}).get("namespace") or "")


def _check_owner(item: Manifest, found: dict[str, Any], place: str, release: str, namespace: str) -> None:
    metadata = found.get("metadata") or {}
    wrong: list[str] = []
    for kind, name, wanted in (
        ("labels", "app.kubernetes.io/managed-by", "Helm"),
        ("annotations", "meta.helm.sh/release-name", release),
        ("annotations", "meta.helm.sh/release-namespace", namespace),
    ):
        value = (metadata.get(kind) or {}).get(name)
        lead = "label" if kind == "labels" else "annotation"
        if value is None:
            wrong.append(f"missing key {quote(name)}: must be set to {quote(wanted)}")
            wrong[-1] = f"{lead} validation error: {wrong[-1]}"
        elif value != wanted:
            wrong.append(
                f"{lead} validation error: key {quote(name)} must equal {quote(wanted)}: current value is "
                f"{quote(str(value))}"
            )
    if wrong:
        raise HelmError(
            f"unable to continue with install: {item.kind} {quote(item.object_name)} in namespace {quote(place)} "
            f"exists and cannot be imported into the current release: invalid ownership metadata; {'; '.join(wrong)}",
            file=item.name,
        )
