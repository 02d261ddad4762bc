"""What command lines are tried in: a folder of charts, and a repository and a registry on the loopback interface."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.server
import io
import json
import os
import re
import shutil
import tarfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import command_lines

CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
KEYS = Path(__file__).parent / "provenance"


@dataclass(slots=True)
class Served:
    """Content by path; manifests and blobs of the registry among it."""

    files: dict[str, bytes] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def push(self, repository: str, tag: str, layers: list[tuple[str, bytes]], config: str = CONFIG) -> None:
        """Put a chart into the registry."""
        parts = [(config, b'{"name":"sub"}'), *layers]
        found = [
            {"mediaType": kind, "digest": f"sha256:{hashlib.sha256(data).hexdigest()}", "size": len(data)}
            for kind, data in parts
        ]
        for entry, (_, data) in zip(found, parts, strict=True):
            self.files[f"/v2/{repository}/blobs/{entry['digest']}"] = data
        manifest = json.dumps(
            {"schemaVersion": 2, "mediaType": MANIFEST, "config": found[0], "layers": found[1:]}
        ).encode()
        for name in (tag, f"sha256:{hashlib.sha256(manifest).hexdigest()}"):
            self.files[f"/v2/{repository}/manifests/{name}"] = manifest
            self.kinds[f"/v2/{repository}/manifests/{name}"] = MANIFEST


def archive(folder: Path, version: str) -> bytes:
    """Return a chart's folder as an archive; nothing is compressed, so that its bytes are the same everywhere."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            if path.name == "Chart.yaml":
                data = re.sub(rb"(?m)^version: .*$", f"version: {version}".encode(), data)
            entry = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder)}")
            entry.size, entry.mtime = len(data), 1700000000
            tar.addfile(entry, io.BytesIO(data))
    return gzip.compress(plain.getvalue(), 0, mtime=0)


def _serve_all(served: Served, root: Path, url: str) -> None:
    files = served.files
    entries: list[str] = []

    def add(name: str, version: str, urls: str, digest: str = "") -> None:
        more = f", digest: {digest}" if digest else ""
        entries.append(f"  {name}:\n  - {{apiVersion: v2, name: {name}, version: {version}, urls: [{urls}]{more}}}\n")

    subs = []
    for version in ("1.2.0", "1.3.0-rc1", "1.2.5"):
        data = archive(root / "sub", version)
        files[f"/sub-{version}.tgz"] = data
        subs.append(
            f"  - {{apiVersion: v2, name: sub, version: {version}, urls: [sub-{version}.tgz], "
            f"digest: {hashlib.sha256(data).hexdigest()}}}\n"
        )
    entries.append("  sub:\n" + "".join(subs))
    app = archive(root / "app", "0.1.0")
    files["/app-0.1.0.tgz"] = app
    digest = hashlib.sha256(app).hexdigest()
    add("app", "0.1.0", "app-0.1.0.tgz", digest)
    add("nodigest", "0.1.0", "app-0.1.0.tgz")
    add("baddigest", "0.1.0", "app-0.1.0.tgz", "00" + digest[2:])
    add("nourls", "0.1.0", "")
    add("elsewhere", "0.1.0", "'http://127.0.0.1:1/x-0.1.0.tgz'")
    add("absolute", "0.1.0", f"'{url}/app-0.1.0.tgz'")
    for name in ("signed", "tampered", "renamed", "nosum", "nosignature", "stranger"):
        add(name, "0.1.0", f"{name}-0.1.0.tgz")
        source = "signed" if name != "tampered" else name
        files[f"/{name}-0.1.0.tgz"] = (KEYS / "signed-0.1.0.tgz").read_bytes() + (b"\0" if source != "signed" else b"")
    proof = (KEYS / "signed-0.1.0.tgz.prov").read_bytes()
    files["/signed-0.1.0.tgz.prov"] = files["/tampered-0.1.0.tgz.prov"] = files["/renamed-0.1.0.tgz.prov"] = proof
    files["/nosignature-0.1.0.tgz.prov"] = b"nothing\n"
    files["/nosum-0.1.0.tgz.prov"] = proof.replace(b"appVersion", b"appversion")
    files["/stranger-0.1.0.tgz.prov"] = (KEYS / "stranger.prov").read_bytes()
    head, tail = "apiVersion: v1\nentries:\n", "generated: '2024-01-01T00:00:00Z'\n"
    files["/index.yaml"] = (head + "".join(entries) + tail).encode()
    invalid = "".join(subs) + "  - {apiVersion: v2, name: sub, urls: [x.tgz]}\n"
    files["/invalid/index.yaml"] = f"{head}  sub:\n{invalid}{tail}".encode()
    files["/values.yaml"], files["/bad.yaml"] = b"a: 77\n", b"a: [1,\nb: 2\n"
    files["/notatgz.tgz"], files["/notindex/index.yaml"] = b"hello", b"hello"
    files["/empty/index.yaml"], files["/nothing/index.yaml"] = b"", b"{}"
    for version, tag in (("1.2.0", "1.2.0"), ("1.2.5", "1.2.5"), ("1.3.0-rc1", "1.3.0-rc1"), ("1.2.5", "1.3.0_b1")):
        served.push("charts/sub", tag, [(CHART, files[f"/sub-{version}.tgz"])])
    signed = [(CHART, files["/signed-0.1.0.tgz"]), (PROVENANCE, proof)]
    served.push("charts/signed", "0.1.0", signed)
    served.push("charts/legacy", "1.0.0", [("application/tar+gzip", files["/sub-1.2.0.tgz"])])
    served.push("charts/nochart", "1.0.0", [("text/plain", b"x")])
    served.push("charts/noconfig", "1.0.0", [(CHART, files["/sub-1.2.0.tgz"])], "text/plain")
    tags = {"sub": ["1.2.0", "1.2.5", "1.3.0-rc1", "latest", "v9", "1.3.0_b1"], "signed": ["0.1.0"], "none": ["x"]}
    for name, found in tags.items():
        files[f"/v2/charts/{name}/tags/list"] = json.dumps({"name": f"charts/{name}", "tags": found}).encode()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served: Served

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        found = self.served.files.get(path)
        missing = b'{"errors":[{"code":"NAME_UNKNOWN","message":"no such place"}]}' if path.startswith("/v2/") else b""
        body = missing if found is None else found
        self.send_response(404 if found is None else 200)
        self.send_header("Content-Type", self.served.kinds.get(path, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        if path in self.served.kinds:
            self.send_header("Docker-Content-Digest", f"sha256:{hashlib.sha256(body).hexdigest()}")
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        self.do_GET()

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # somebody who tries TLS here
            super().handle()

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def serving(scratch: Path) -> Iterator[str]:
    """Serve the repository and the registry; yields HOST:PORT."""
    served = Served()
    handler = type("Handler", (_Handler,), {"served": served})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    address = f"127.0.0.1:{server.server_address[1]}"
    root = scratch / "charts-to-serve"
    command_lines.world(root)
    _serve_all(served, root, f"http://{address}")
    shutil.rmtree(root)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(slots=True)
class Place:
    """Where lines are run: the folder, and one for a user's files beside it."""

    root: Path
    home: Path
    address: str
    before: dict[str, bytes] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the variables that both tools get."""
        return {
            "HOME": str(self.home),
            "HELM_CONFIG_HOME": str(self.home / "config"),
            "HELM_CACHE_HOME": str(self.home / "cache"),
            "HELM_PLUGINS": str(self.root / "plugins"),
            "SOURCE_DATE_EPOCH": "1700000000",
            "FAIRLEAD_TEMPLATE_CACHE": "off",
        }

    def words(self, line: list[str]) -> list[str]:
        """Return a line with the addresses put in."""
        return [
            word.replace("REPO", f"http://{self.address}").replace("REGISTRY", f"oci://{self.address}/charts")
            for word in line
        ]

    def plain(self, text: str) -> str:
        """Return what a tool said without what differs from run to run."""
        for old, new in (
            (str(self.root), "DIR"),
            (str(self.home), "HOME"),
            (f"http://{self.address}", "REPO"),
            (self.address, "HOST"),
            ("fairlead helm", "helm"),
        ):
            text = text.replace(old, new)
        text = re.sub(r"(?m)^hint: .*\n|^level=DEBUG .*\n|^level=WARN .*source=\"?HOME/cache/.*\n", "", text)
        text = re.sub(r"helm-manager-[0-9a-f]{64}", "helm-manager-KEY", text)
        return re.sub(r"(\.tgz|tmpcharts-)\d+", r"\1", text)

    def files(self) -> dict[str, str]:
        """Return what the line made or changed, as texts or digests; start afresh when there is any."""
        now = contents(self.root)
        made: dict[str, str] = {}
        for name, data in now.items():
            if self.before.get(name) == data:
                continue
            if name.endswith(".tgz") and data[:2] == b"\x1f\x8b":
                data = gzip.decompress(data)
            data = re.sub(rb"(generated: )[^\n]*", rb"\1NOW", data)
            if b"NOW" in data and name.endswith(".tgz"):  # the headers have the time, too
                data = b"\n".join(re.findall(rb"(?m)^[ -~]+/[ -~]+(?=\0)", data))
            if name.endswith(".prov"):  # the signature is another one each time, the digest that of compressed bytes
                data = re.sub(rb"sha256:[0-9a-f]{64}", b"sha256:DIGEST", data.partition(b"-----BEGIN PGP SIG")[0])
            text = self.plain(data.decode("utf-8", "replace"))
            if name.endswith(".lock") and ("REPO" in text or "HOST" in text):  # the digest is of the addresses, too
                text = re.sub(r"digest: sha256:.*", "digest: OTHER", text)
            long = len(text) > 400 or "\0" in text or "\ufffd" in text
            made[name] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:16] if long else text
        made |= {name: "(gone)" for name in self.before if name not in now}
        self.renew(made)
        return dict(sorted(made.items()))

    def renew(self, changed: Iterable[str]) -> None:
        """Bring the folder back to what it was."""
        for name in changed:
            path = self.root / name
            if name in self.before:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.before[name])
            else:
                path.unlink()
        for folder, folders, files in os.walk(self.root, topdown=False):
            if not files and not any((Path(folder) / each).is_dir() for each in folders):
                Path(folder).rmdir()


def contents(root: Path) -> dict[str, bytes]:
    """Return the files below a folder."""
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def make_place(scratch: Path, address: str) -> Place:
    """Write the charts and a user's configuration below *scratch*."""
    root = scratch / "w"
    command_lines.world(root)
    command_lines.repository_charts(root, f"http://{address}", f"oci://{address}/charts")
    shutil.copytree(KEYS, root / "keys")
    place = Place(root, scratch / "home", address, contents(root))
    (place.home / "config").mkdir(parents=True)
    (place.home / "config" / "repositories.yaml").write_text(
        f"apiVersion: ''\nrepositories:\n- name: known\n  url: http://{address}\n"
    )
    return place


def outcome(place: Place, code: int, stdout: str, stderr: str) -> dict[str, object]:
    """Return what a line came to, as it is recorded."""
    out = place.plain(stdout)
    if "\nUsage:\n" in f"\n{out}":
        out = "(help)"
    err = place.plain(stderr)
    if "\nUsage:\n" in f"\n{err}":
        err = err[: err.index("Usage:\n")] + "(help)"
    return {"code": code, "out": out, "err": err, "files": place.files()}
