"""Charts in OCI registries: tags, manifests, blobs, and logging in.

Source: Helm v4.3 pkg/registry (client.go, generic.go, reference.go, tag.go); oras-go v2.6 registry/reference.go and
registry/remote for the words of errors; the OCI distribution specification 1.1.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from fairlead.cli.helm import paths as helm_paths
from fairlead.cli.helm.http import TIMEOUT_SECONDS, failure, tls_settings
from fairlead.cli.helm.repositories import Download
from fairlead.engines import semver
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.archive import MAX_BYTES
from fairlead.engines.helm.errors import ChartError, HelmError

CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
LEGACY_CHART = "application/tar+gzip"
PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.artifact.manifest.v1+json",
)
MAX_MANIFEST_BYTES = 4 * 1024 * 1024
MAX_TAG_PAGES = 1000

_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:[._]|__|[-]*)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|[-]*)[a-z0-9]+)*)*")
_TAG = re.compile(r"[\w][\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_STRICT = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a registry."""

    registry: str
    repository: str
    tag: str
    digest: str

    def __str__(self) -> str:
        name = f"{self.registry}/{self.repository}"
        return f"{name}:{self.tag}" if self.tag else f"{name}@{self.digest}"


def parse(text: str) -> Reference:
    """Return the reference *text*, without its scheme; "+" in a tag, which may not be there, becomes "_".

    Raises:
        ChartError: in oras's words.
    """
    text, _, digest = text.rpartition("@") if "@" in text else (text, "", "")
    registry, slash, path = text.partition("/")
    if not slash:
        raise ChartError("invalid reference: missing registry or repository")
    repository, _, tag = path.partition(":")
    tag = tag.replace("+", "_")
    if not registry or urlsplit(f"dummy://{registry}").netloc != registry or "@" in registry:
        raise ChartError(f"invalid reference: invalid registry {quote(registry)}")
    if not _REPOSITORY.fullmatch(repository):
        raise ChartError(f"invalid reference: invalid repository {quote(repository)}")
    if tag and not _TAG.fullmatch(tag):
        raise ChartError(f"invalid reference: invalid tag {quote(tag)}")
    if digest and not _DIGEST.fullmatch(digest):
        raise ChartError(f"invalid reference: invalid digest {quote(digest)}: invalid checksum digest format")
    return Reference(registry, repository, tag, digest)


def resolve(reference: str, version: str, args: Any) -> Download:
    """Return the chart at an oci:// URL, in the version that *version*, the URL's tag or its digest say.

    Raises:
        ChartError: in Helm's words.
    """
    found = parse(reference.removeprefix("oci://"))
    client = Client(found.registry, args)
    if not version:
        version = found.tag
    elif found.tag and found.tag != version:
        raise ChartError(f"chart reference and version mismatch: {version} is not {found.tag}")
    if found.digest:
        return _download(client, found, reference.partition("oci://")[2].rpartition("/")[2])
    tag = version if semver.is_version(version) else _matching(client.tags(found), version, reference)
    exact = parse(f"{found.registry}/{found.repository}:{tag}")
    name = f"{found.repository}:{tag}".rpartition("/")[2]
    return _download(client, exact, name, tag)


def _download(client: Client, found: Reference, name: str, tag: str = "") -> Download:
    base, _, last = name.rpartition(":")
    url = f"oci://{found.registry}/{found.repository}" + (f":{tag}" if tag else f"@{found.digest}")
    return Download(
        f"{base}-{last}.tgz",
        url,
        lambda: client.pull(found, provenance=False),
        lambda: client.pull(found, provenance=True),
    )


def _matching(tags: list[str], wanted: str, reference: str) -> str:
    if not tags:
        raise ChartError(f"unable to locate any tags in provided repository: {reference}")
    if wanted in tags:
        return wanted
    try:
        constraint = semver.parse_constraint(wanted or "*")
    except semver.SemverError as error:
        raise ChartError(str(error)) from None
    for tag in tags:
        if constraint.check(semver.parse_version(tag)):
            return tag
    raise ChartError(f"could not locate a version matching provided version string {wanted}")


class Client:
    """One registry, as the flags say to reach it."""

    def __init__(self, registry: str, args: Any) -> None:
        self._registry = "registry-1.docker.io" if registry == "docker.io" else registry
        self._name = registry
        self._args = args
        self._scheme = "http" if getattr(args, "plain_http", False) else "https"
        self._authorization = ""

    def tags(self, found: Reference) -> list[str]:
        """Return the tags that are versions, newest first, with "+" where tags have "_"."""
        tags: list[str] = []
        path = f"/v2/{found.repository}/tags/list"
        for _ in range(MAX_TAG_PAGES):
            _, body, headers = self._request("GET", path, "", f"repository:{found.repository}:pull")
            content = _object(body)
            tags += [str(tag).replace("_", "+") for tag in content.get("tags") or ()]
            link = re.match(r"\s*<([^>]+)>", headers.get("link", ""))
            if link is None:
                break
            path = link[1] if link[1].startswith("/") else f"{path}{link[1]}"
        versions = [tag for tag in tags if _STRICT.fullmatch(tag) and semver.is_version(tag)]
        return sorted(versions, key=_Newest)

    def pull(self, found: Reference, *, provenance: bool) -> bytes:
        """Return the layer of a chart, or of its provenance file, and say what was pulled.

        Raises:
            ChartError: in Helm's words.
        """
        scope = f"repository:{found.repository}:pull"
        digest, manifest = self._manifest(found, scope)
        wanted = (PROVENANCE,) if provenance else (CHART, LEGACY_CHART)
        parts = [manifest.get("config") or {}, *(manifest.get("layers") or ())]
        parts = [part for part in parts if isinstance(part, dict) and part.get("mediaType") in (CONFIG, *wanted)]
        if len(parts) + 1 < 2:
            raise ChartError(
                "manifest does not contain minimum number of descriptors (2), descriptors found: " + str(len(parts) + 1)
            )
        if not any(part["mediaType"] == CONFIG for part in parts):
            raise ChartError(f"could not load config with mediatype {CONFIG}")
        layer = next((part for part in reversed(parts) if part["mediaType"] in wanted), None)
        if layer is None:
            raise ChartError(f"manifest does not contain a layer with mediatype {wanted[0]}")
        if layer["mediaType"] == LEGACY_CHART:
            self._say(f"Warning: chart media type {LEGACY_CHART} is deprecated")
        data = self._blob(found, layer, scope)
        self._say(f"Pulled: {found}")
        self._say(f"Digest: {digest}")
        if "_" in str(found):
            self._say(
                f"{found} contains an underscore.\n\n"
                "OCI artifact references (e.g. tags) do not support the plus sign (+). To support\n"
                "storing semantic versions, Helm adopts the convention of changing plus (+) to\n"
                "an underscore (_) in chart version tags when pushing to a registry and back to\n"
                "a plus (+) when pulling from a registry."
            )
        return data

    def _say(self, text: str) -> None:
        """Say what is being done: on stderr when stdout is for a chart's content, as Helm does."""
        print(text, file=sys.stderr if self._args.command.startswith(("template", "show")) else sys.stdout)

    def _manifest(self, found: Reference, scope: str) -> tuple[str, dict[str, Any]]:
        path = f"/v2/{found.repository}/manifests/{found.tag or found.digest}"
        try:
            _, body, _ = self._request("GET", path, ", ".join(_MANIFESTS), scope, MAX_MANIFEST_BYTES)
        except _MissingError:
            raise ChartError(f'failed to perform "FetchReference" on source: {found}: not found') from None
        except ChartError as error:
            raise ChartError(f'failed to perform "FetchReference" on source: {error}') from None
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        if found.digest and not found.tag and found.digest.startswith("sha256:") and digest != found.digest:
            raise ChartError(f"the registry answered {found} with {digest}")
        return digest, _object(body)

    def _blob(self, found: Reference, part: Mapping[str, Any], scope: str) -> bytes:
        digest = str(part.get("digest") or "")
        if not _DIGEST.fullmatch(digest):
            raise ChartError(f"{found} has a layer with the digest {quote(digest)}, which is none")
        try:
            _, data, _ = self._request("GET", f"/v2/{found.repository}/blobs/{digest}", "", scope, MAX_BYTES)
        except _MissingError:
            raise ChartError(f"unable to retrieve blob with digest {digest}: {found}: not found") from None
        name, _, value = digest.partition(":")
        if hashlib.new(name, data).hexdigest() != value:
            raise ChartError(f"unable to retrieve blob with digest {digest}: content digest mismatch")
        return data

    def _request(
        self, method: str, path: str, accept: str, scope: str, limit_bytes: int = MAX_MANIFEST_BYTES, again: bool = True
    ) -> tuple[int, bytes, dict[str, str]]:
        url = f"{self._scheme}://{self._registry}{path}"
        status, body, headers = self._send(method, url, accept, self._authorization, limit_bytes)
        if status == 401 and again:
            self._authorization = self._log_in(headers.get("www-authenticate", ""), scope)
            if self._authorization:
                return self._request(method, path, accept, scope, limit_bytes, again=False)
        if status == 404:
            raise _MissingError(_refused(method, url, status, body))
        if status != 200:
            raise ChartError(_refused(method, url, status, body))
        return status, body, headers

    def _send(
        self, method: str, url: str, accept: str, authorization: str, limit_bytes: int
    ) -> tuple[int, bytes, dict[str, str]]:
        import urllib.error
        import urllib.request

        request = urllib.request.Request(url, method=method, headers={"User-Agent": "Helm/4.3.1"})
        if accept:
            request.add_header("Accept", accept)
        if authorization:
            request.add_unredirected_header("Authorization", authorization)
        context = tls_settings(self._args) if url.startswith("https:") else None
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS, context=context) as answer:
                body: bytes = answer.read(limit_bytes + 1)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                status = int(answer.status)
        except urllib.error.HTTPError as error:
            headers = {name.lower(): value for name, value in error.headers.items()}
            return error.code, error.read(limit_bytes), headers
        except OSError as error:
            raise ChartError(f'{method.capitalize()} "{url}": {failure(error, url)}') from None
        if len(body) > limit_bytes:
            raise ChartError(f"{method} {quote(url)}: more than {limit_bytes} bytes")
        return status, body, headers

    def _log_in(self, challenge: str, scope: str) -> str:
        """Return the header that answers a registry's challenge; "" when there is none."""
        kind, _, rest = challenge.partition(" ")
        user, password = _credentials(self._name, self._args)
        basic = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" if user else ""
        if kind.lower() == "basic":
            return basic
        if kind.lower() != "bearer":
            return ""
        asked = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        realm = asked.get("realm", "")
        query = {"service": asked["service"]} if asked.get("service") else {}
        url = f"{realm}?{urlencode({**query, 'scope': asked.get('scope') or scope})}"
        status, body, _ = self._send("GET", url, "", basic, MAX_MANIFEST_BYTES)
        if status != 200:
            raise ChartError(_refused("GET", url, status, body))
        found = _object(body)
        return f"Bearer {found.get('access_token') or found.get('token') or ''}"


class _MissingError(ChartError):
    """The registry does not have it."""


class _Newest:
    """Orders versions, newest first."""

    def __init__(self, text: str) -> None:
        self.version = semver.parse_version(text)

    def __lt__(self, other: _Newest) -> bool:
        return self.version.compare(other.version) > 0


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as error:
        raise ChartError(f"the registry's answer is no JSON: {error}") from error
    return found if isinstance(found, dict) else {}


def _refused(method: str, url: str, status: int, body: bytes) -> str:
    """Return oras's words for an answer that is no success."""
    import http.client

    try:
        found = json.loads(body)
        errors = found.get("errors") if isinstance(found, dict) else None
    except ValueError:
        errors = None
    texts: list[str] = []
    for error in errors or ():
        text = str(error.get("code") or "").replace("_", " ").lower()
        texts.append(f"{text}: {error['message']}" if error.get("message") else text)
    reason = "; ".join(texts) or http.client.responses.get(status, "")
    return f"{method} {quote(url)}: response status code {status}: {reason}"


def _credentials(registry: str, args: Any) -> tuple[str, str]:
    """Return the login that the flags or the files of logins (Helm's, then Docker's) have for a registry."""
    if getattr(args, "username", "") and getattr(args, "password", ""):
        return args.username, args.password
    docker = os.path.join(os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker"), "config.json")
    for path in (args.registry_config or helm_paths.config("registry/config.json"), docker):
        try:
            with open(path, "rb") as handle:
                found = json.load(handle)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise HelmError(f"cannot read the logins in {path}: {error}", file=path) from error
        entry = (found.get("auths") or {}).get(registry) if isinstance(found, dict) else None
        if isinstance(entry, dict) and entry.get("auth"):
            try:
                user, _, password = base64.b64decode(str(entry["auth"])).decode().partition(":")
            except ValueError:
                raise HelmError(f"cannot read the login for {registry} in {path}: it is no base64", file=path) from None
            return user, password
    return "", ""
