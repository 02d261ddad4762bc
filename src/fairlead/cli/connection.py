"""A command's connection to a running management cluster: where it is, and the requests a command makes.

`open_connection` finds the kubeconfig: `--kubeconfig`, else `kubeconfig` in `--data` (`~/.fairlead` by default) when
that file exists, else `$KUBECONFIG`.
"""

from __future__ import annotations

import argparse
import builtins
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote, urlencode

from fairlead.base.objects import Json
from fairlead.cli.errors import CommandError, RefusedError
from fairlead.cli.kinds import Resource
from fairlead.cli.transport import Transport
from fairlead.runtime.clock import Clock, WallClock

PAGE = 1000
REQUEST_SECONDS = 30.0
MANAGER = "fairlead-cli"
START_HINT = "start it with `fairlead up`, or name its kubeconfig with --kubeconfig FILE or its folder with --data DIR"
_JSON = "application/json"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
_DEFAULT_DATA = "~/.fairlead"


def add_connection_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say which cluster a command talks to."""
    group = parser.add_argument_group("connection")
    group.add_argument("--kubeconfig", metavar="FILE", default="", help="kubeconfig of the management cluster")
    group.add_argument(
        "--data", metavar="DIR", default="", help="folder of `fairlead up`, which holds the kubeconfig (~/.fairlead)"
    )
    group.add_argument("--context", metavar="NAME", default="", help="context of the kubeconfig to use")


def data_folder(args: argparse.Namespace) -> Path:
    """The folder of `fairlead up` that the flags name."""
    return Path(args.data or _DEFAULT_DATA).expanduser()


def kubeconfig_path(args: argparse.Namespace, environment: Mapping[str, str] = os.environ) -> Path:
    """The kubeconfig that the flags and the environment name. Raises: CommandError when there is none."""
    if args.kubeconfig:
        return Path(args.kubeconfig).expanduser()
    beside = data_folder(args) / "kubeconfig"
    if args.data or beside.exists():
        return beside
    for part in environment.get("KUBECONFIG", "").split(os.pathsep):
        if part:
            return Path(part).expanduser()
    raise CommandError(f"no management cluster found: {beside} does not exist and $KUBECONFIG is not set", START_HINT)


def open_connection(args: argparse.Namespace) -> Connection:
    """Connect as the flags say; nothing is sent yet. Raises: CommandError."""
    from fairlead.cli.transport import HttpTransport
    from fairlead.runtime.kubeconfig import KubeconfigError, UnknownContextError, load_access

    path = kubeconfig_path(args)
    try:
        access = load_access(path, args.context)
    except FileNotFoundError as error:
        raise CommandError(f"kubeconfig {error.filename} does not exist", START_HINT) from error
    except UnknownContextError as error:
        known = ", ".join(error.known) or "none"
        raise CommandError(f"kubeconfig {path} has no context '{args.context}'", f"its contexts: {known}") from error
    except (OSError, KubeconfigError) as error:
        text = str(error).removeprefix(f"{path}: ")
        raise CommandError(f"cannot use kubeconfig {path}: {text}") from error
    if not access.server.startswith(("https://", "http://")):
        raise CommandError(f"kubeconfig {path} names no server that can be reached: {access.server!r}")
    folders = dict.fromkeys((*([data_folder(args)] if args.data else []), path.parent, data_folder(args)))
    return Connection(HttpTransport(access), server=access.server, folders=tuple(folders))


class Connection:
    """Requests to one API server. Objects come out as plain JSON values."""

    def __init__(
        self, transport: Transport, *, server: str = "", folders: tuple[Path, ...] = (), clock: Clock | None = None
    ) -> None:
        self.server = server
        self.folders = folders  # where a lab may have its endpoints.json
        self.clock = clock or WallClock()
        self._transport = transport

    def get(self, resource: Resource, namespace: str, name: str) -> Json:
        """One object. Raises: RefusedError NotFound."""
        return self._json("GET", _path(resource, namespace, name))

    def list(
        self, resource: Resource, namespace: str = "", *, labels: str = "", fields: str = ""
    ) -> builtins.list[Json]:
        """All objects of a kind, in all namespaces when *namespace* is empty."""
        query = {"limit": str(PAGE), **_selectors(labels, fields)}
        items: builtins.list[Json] = []
        while True:
            page = self._json("GET", _path(resource, namespace), query)
            for item in page.get("items") or ():
                items.append({"apiVersion": resource.api_version, "kind": resource.kind, **item})
            token = page["metadata"].get("continue")
            if not token:
                return items
            query["continue"] = token

    def list_if_served(self, resource: Resource, namespace: str = "") -> builtins.list[Json]:
        """All objects of a kind; none when the API does not know the kind."""
        try:
            return self.list(resource, namespace)
        except RefusedError as error:
            if error.status == 404:
                return []
            raise

    def table(
        self, resource: Resource, namespace: str = "", name: str = "", *, labels: str = "", fields: str = ""
    ) -> Json:
        """The server's own table of some objects."""
        query = _selectors(labels, fields)
        return self._json("GET", _path(resource, namespace, name), query, accept=_TABLE)

    def raw(self, path: str, accept: str = _JSON) -> Json:
        """Any other document of the API."""
        return self._json("GET", path, accept=accept)

    def patch(self, resource: Resource, namespace: str, name: str, body: Json) -> Json:
        """Merge-patch an object; returns it as it is then."""
        query = {"fieldManager": MANAGER}
        return self._json("PATCH", _path(resource, namespace, name), query, body, "application/merge-patch+json")

    def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        name: str = "",
        labels: str = "",
        revision: str = "",
        timeout_seconds: float = 3600.0,
    ) -> Iterator[tuple[str, Json]]:
        """The changes after *revision* (without one: first the present state), until *timeout_seconds* are over."""
        end = self.clock.monotonic() + timeout_seconds
        while (left := end - self.clock.monotonic()) > 0:
            query = {
                "watch": "true",
                "allowWatchBookmarks": "true",
                "timeoutSeconds": str(max(1, int(left))),
                **_selectors(labels, f"metadata.name={name}" if name else ""),
            }
            if revision:
                query["resourceVersion"] = revision
            target = f"{_path(resource, namespace)}?{urlencode(query)}"
            try:
                response = self._transport.request("GET", target, {"Accept": _JSON}, None, left)
                if response.status != 200:
                    self._decode(response.status, response.read(), f"GET {target}")
                for line in response.lines():
                    event = _loads(line)
                    if event["type"] == "ERROR":
                        raise _refused(event["object"], int(event["object"].get("code") or 500))
                    revision = event["object"]["metadata"]["resourceVersion"]
                    if event["type"] != "BOOKMARK":
                        yield event["type"], event["object"]
                    if self.clock.monotonic() > end:
                        return
            except TimeoutError:
                return
            except Exception as error:
                self._unreachable(error)
            finally:
                self._transport.close()  # what is unread of a watch is not wanted
            if not revision:
                return

    def twin(self) -> Connection:
        """Another connection to the same server, for another thread."""
        return Connection(self._transport.twin(), server=self.server, folders=self.folders, clock=self.clock)

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    # -- the wire -----------------------------------------------------------------------------------------------

    def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        content_type: str = _JSON,
        accept: str = _JSON,
    ) -> Json:
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {"Accept": accept, "User-Agent": MANAGER}
        data = None
        if body is not None:
            import orjson

            data = orjson.dumps(body)
            headers["Content-Type"] = content_type
        try:
            response = self._transport.request(method, target, headers, data, REQUEST_SECONDS)
            answer = response.read()
        except Exception as error:
            self._unreachable(error)
        return self._decode(response.status, answer, f"{method} {target}")

    def _unreachable(self, error: Exception) -> NoReturn:
        from http.client import HTTPException

        if not isinstance(error, OSError | HTTPException):
            raise error
        cause = str(error) if not isinstance(error, OSError) else (error.strerror or str(error))
        if isinstance(error, TimeoutError):
            cause = "no answer within the time allowed"
        hint = "is `fairlead up` running there? " + START_HINT if isinstance(error, ConnectionRefusedError) else ""
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            hint = "the kubeconfig belongs to another cluster than the one that answers there"
        raise CommandError(f"cannot reach the management API at {self.server}: {cause.lower()}", hint) from error

    def _decode(self, status: int, body: bytes, what: str) -> Json:
        try:
            answer = _loads(body)
        except ValueError as error:
            if status == 404:  # what an API server says of a group that it does not have
                raise RefusedError(
                    f"{self.server} does not serve {what.partition(' ')[2].partition('?')[0]}", 404, "NotFound"
                ) from error
            text = body.decode("utf-8", "replace").strip()[:200]
            raise CommandError(
                f"{self.server} does not answer as a Kubernetes API does: {what}: HTTP {status}: {text}"
            ) from error
        if status >= 400 or not isinstance(answer, dict):
            raise _refused(answer if isinstance(answer, dict) else {}, status)
        return answer


def _loads(data: bytes) -> Any:
    import orjson

    return orjson.loads(data)


def _refused(status: Json, code: int) -> RefusedError:
    reason = status.get("reason") or ""
    message = status.get("message") or f"the API answered {code}"
    return RefusedError(f"Error from server ({reason or code}): {message}", code, reason)


def _selectors(labels: str, fields: str) -> dict[str, str]:
    given = (("labelSelector", labels), ("fieldSelector", fields))
    return {key: value for key, value in given if value}


def _path(resource: Resource, namespace: str = "", name: str = "") -> str:
    parts = [f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"]
    if resource.namespaced and namespace:
        parts += ["namespaces", quote(namespace, safe="")]
    parts.append(resource.plural)
    if name:
        parts.append(quote(name, safe=""))
    return "/".join(parts)
