"""KubeadmConfig controller: the bootstrap data with which one machine becomes a node.

Behaviour: cluster-api v1.14, bootstrap/kubeadm/internal/controllers/kubeadmconfig_controller.go (lock, certificates,
tokens, data secret). Differences: docs/compat/clusterapi.md#kubeadmconfig.
"""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base import gojson
from fairlead.base.objects import GVK, Json, Key, get_in, is_deleting, labels
from fairlead.controllers.clusterapi import pki
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CLUSTER_SECRET_TYPE,
    KUBEADM_CONFIG,
    MACHINE,
    SECRET,
    cluster_of,
    get_or_none,
    is_control_plane,
    is_paused,
    owner,
    pause_message,
    reference_to,
)
from fairlead.engines.cloudinit import Bootstrap, File, render_cloud_config, render_ignition
from fairlead.engines.cloudinit.kubeadm import cluster_configuration, documents, init_configuration, join_configuration
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock, timestamp
from fairlead.runtime.conditions import is_true
from fairlead.runtime.controller import BaseController, Watch, wake_owner
from fairlead.runtime.edit import editing
from fairlead.runtime.ids import Ids
from fairlead.runtime.outcome import Result, WaitingError

CONFIG_MAP = GVK("", "v1", "ConfigMap")
MANAGER = "manager"
DATA_SECRET, CERTIFICATES = "DataSecretAvailable", "CertificatesAvailable"
TOKEN_LIFETIME = timedelta(minutes=15)
TOKEN_REFRESH = timedelta(minutes=5)

RETRY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one pass may judge."""

    config: Json
    machine: Json
    cluster: Json

    @property
    def control_plane(self) -> bool:
        return is_control_plane(self.machine)

    @property
    def version(self) -> str:
        return str(get_in(self.machine, "spec", "version", default=""))


class Hold(Exception):  # noqa: N818  # not an error: what the machine waits for
    """The data cannot be made yet; the text is the condition's message, `old` the deprecated reason."""

    def __init__(self, message: str, old: str) -> None:
        super().__init__(message)
        self.old = old


class KubeadmConfigController(BaseController):
    """Makes each machine's bootstrap data once."""

    name = "kubeadmconfig"
    kind = KUBEADM_CONFIG

    def __init__(self, *, client: Client, clock: Clock, ids: Ids, cache: ClusterCache) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._cache = cache

    def watches(self) -> Sequence[Watch]:
        return (
            Watch(MACHINE, self._of_machine),
            Watch(CLUSTER, self._of_cluster),
            Watch(SECRET, self._of_secret),
            Watch(CONFIG_MAP, self._of_lock),
        )

    def sources(self) -> Sequence[AsyncIterator[Key]]:
        return (self._of_connections(),)

    def _of_machine(self, machine: Json) -> tuple[Key, ...]:
        reference = get_in(machine, "spec", "bootstrap", "configRef", default={})
        return (Key(Key.of(machine).namespace, reference["name"]),) if reference.get("kind") == "KubeadmConfig" else ()

    async def _pending(self, namespace: str, cluster: str) -> list[Key]:
        selector = f"{CLUSTER_NAME_LABEL}={cluster}"
        found = (await self._client.list(KUBEADM_CONFIG, namespace, label_selector=selector)).items
        return [Key.of(c) for c in found if not get_in(c, "status", "initialization", "dataSecretCreated")]

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        return await self._pending(Key.of(cluster).namespace, Key.of(cluster).name)

    async def _of_secret(self, secret: Json) -> list[Key]:
        name = labels(secret).get(CLUSTER_NAME_LABEL)
        if secret.get("type") != CLUSTER_SECRET_TYPE or not name:
            return []
        owned = wake_owner(KUBEADM_CONFIG)(secret)
        return [*owned] if owned else await self._pending(Key.of(secret).namespace, name)  # type: ignore[misc]

    async def _of_lock(self, obj: Json) -> list[Key]:
        key = Key.of(obj)
        if not key.name.endswith("-lock"):
            return []
        return await self._pending(key.namespace, key.name.removesuffix("-lock"))

    async def _of_connections(self) -> AsyncIterator[Key]:
        async for change in self._cache.changes():
            if change.obj is None:
                for key in await self._pending(change.cluster.namespace, change.cluster.name):
                    yield key

    async def reconcile(self, key: Key) -> Result:
        config = await get_or_none(self._client, KUBEADM_CONFIG, key)
        if config is None or is_deleting(config):
            return Result.done()
        machine = await owner(self._client, config, MACHINE)
        if machine is None:
            return Result.done()
        cluster = await cluster_of(self._client, machine)
        if cluster is None:
            return Result.done()
        seen = Seen(config, machine, cluster)
        async with editing(self._client, config, field_manager=MANAGER) as draft:
            report = Reporter(draft, self._clock.now())
            if is_paused(cluster, config):
                report.set(PAUSED, True, "Paused", pause_message(cluster, config))
                return Result.done()
            report.set(PAUSED, False, "NotPaused")
            return await self._work(seen, draft, report)

    async def _work(self, seen: Seen, draft: Json, report: Reporter) -> Result:
        done = get_in(seen.config, "status", "initialization", "dataSecretCreated")
        result = Result.done()
        try:
            if done:
                result = await self._after(seen, draft)
            elif not get_in(seen.cluster, "status", "initialization", "infrastructureProvisioned"):
                raise Hold(
                    "Waiting for Cluster status.initialization.infrastructureProvisioned to be true",
                    "WaitingForClusterInfrastructure",
                )
            else:
                await self._make(seen, draft, report)
        except Hold as hold:
            report.set(DATA_SECRET, False, "NotAvailable", str(hold))
            report.set_old(DATA_SECRET, False, hold.old, "", "Info")
        finally:
            draft.setdefault("status", {})["observedGeneration"] = draft["metadata"].get("generation", 1)
            report.summarize(
                (DATA_SECRET, CERTIFICATES), (DATA_SECRET, CERTIFICATES), required=(DATA_SECRET, CERTIFICATES)
            )
        return result

    async def _make(self, seen: Seen, draft: Json, report: Reporter) -> None:
        initialized = is_true(get_in(seen.cluster, "status", "conditions"), "ControlPlaneInitialized")
        if not initialized:
            if not seen.control_plane:
                raise Hold("Waiting for Cluster control plane to be initialized", "WaitingForControlPlaneAvailable")
            if not await self._lock(seen):
                raise Hold("Waiting for another control plane Machine to initialize", "WaitingForControlPlaneAvailable")
            text = await self._init_data(seen, draft, report)
        else:
            await self._unlock(seen)
            text = await self._join_data(seen, draft, report)
        await self._store(seen, text)
        status = draft.setdefault("status", {})
        status["dataSecretName"] = seen.config["metadata"]["name"]
        status.setdefault("initialization", {})["dataSecretCreated"] = True
        report.set(DATA_SECRET, True, "Available")
        report.set_old(DATA_SECRET, True)

    # What the data are made of.

    async def _init_data(self, seen: Seen, draft: Json, report: Reporter) -> str:
        pairs = await self._certificates(seen, report)
        spec = draft["spec"]
        spec.setdefault("initConfiguration", {}).setdefault("nodeRegistration", {}).setdefault(
            "imagePullPolicy", "IfNotPresent"
        )
        config = documents(
            cluster_configuration(spec.get("clusterConfiguration"), _facts(seen)),
            init_configuration(spec.get("initConfiguration"), seen.version),
        )
        return await self._render(seen, draft, "init", config, pki.control_plane_files(pairs))

    async def _join_data(self, seen: Seen, draft: Json, report: Reporter) -> str:
        spec = draft["spec"]
        join = spec.setdefault("joinConfiguration", {})
        files: list[File] = []
        if seen.control_plane:
            pairs = await self._certificates(seen, report)
            files = pki.control_plane_files(pairs)
            join.setdefault("controlPlane", {})
            ca = pairs["ca"].certificate
        else:
            join.pop("controlPlane", None)
            ca = (await self._pair(seen, "ca", report)).certificate
            report.set(CERTIFICATES, True, "Available")
            report.set_old(CERTIFICATES, True)
        await self._discovery(seen, join, ca)
        join.setdefault("nodeRegistration", {}).setdefault("imagePullPolicy", "IfNotPresent")
        config = documents(join_configuration(join, seen.version))
        return await self._render(seen, draft, "join", config, files)

    async def _discovery(self, seen: Seen, join: Json, ca: bytes) -> None:
        """Fill in how the machine finds and trusts the cluster; a token is made in the cluster itself."""
        discovery = join.setdefault("discovery", {})
        if discovery.get("file"):
            return
        token = discovery.setdefault("bootstrapToken", {})
        endpoint = get_in(seen.cluster, "spec", "controlPlaneEndpoint", default={})
        if not endpoint.get("host"):
            raise Hold("Waiting for Cluster spec.controlPlaneEndpoint to be set", "WaitingForClusterInfrastructure")
        token.setdefault("apiServerEndpoint", f"{endpoint['host']}:{endpoint.get('port', 6443)}")
        if not token.get("caCertHashes") and not token.get("unsafeSkipCAVerification"):
            token["caCertHashes"] = [pki.public_key_pin(ca)]
        if not token.get("token"):
            token["token"] = await self._new_token(seen)

    async def _new_token(self, seen: Seen) -> str:
        connection = self._cache.connection(Key.of(seen.cluster))
        if connection.remote is None:
            raise Hold("Waiting for a connection to the workload cluster", "WaitingForControlPlaneAvailable")
        token_id, secret = self._ids.suffix(6), self._ids.suffix(16)
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"bootstrap-token-{token_id}", "namespace": "kube-system"},
            "type": "bootstrap.kubernetes.io/token",
            "data": {
                key: base64.b64encode(value.encode()).decode()
                for key, value in {
                    "token-id": token_id,
                    "token-secret": secret,
                    "expiration": timestamp(self._clock.now() + TOKEN_LIFETIME),
                    "usage-bootstrap-signing": "true",
                    "usage-bootstrap-authentication": "true",
                    "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
                    "description": "token generated by cluster-api-bootstrap-provider-kubeadm",
                }.items()
            },
        }
        await connection.remote.client.create(body, field_manager=MANAGER)
        return f"{token_id}.{secret}"

    async def _certificates(self, seen: Seen, report: Reporter) -> dict[str, pki.KeyPair]:
        pairs = {purpose: await self._pair(seen, purpose, report) for purpose in pki.PURPOSES}
        report.set(CERTIFICATES, True, "Available")
        report.set_old(CERTIFICATES, True)
        return pairs

    async def _pair(self, seen: Seen, purpose: str, report: Reporter) -> pki.KeyPair:
        meta = seen.cluster["metadata"]
        name = pki.secret_name(meta["name"], purpose)
        secret = await get_or_none(self._client, SECRET, Key(meta["namespace"], name))
        if secret is None:
            text = f"Waiting for Secret {name}"
            report.set(CERTIFICATES, False, "NotAvailable", text)
            raise Hold(text, "WaitingForControlPlaneAvailable")
        return pki.pair_of(secret)

    async def _render(self, seen: Seen, draft: Json, command: str, config: str, files: list[File]) -> str:
        spec = draft["spec"]
        more = [await self._file(seen, entry) for entry in spec.get("files") or ()]
        bootstrap = Bootstrap(command, config, [*files, *more], {**spec, "users": await self._users(seen, spec)})
        if spec.get("format") == "ignition":
            return render_ignition(bootstrap)
        return render_cloud_config(bootstrap)

    async def _file(self, seen: Seen, entry: Mapping[str, str]) -> File:
        content = entry.get("content", "")
        source = get_in(entry, "contentFrom", "secret")
        if source:
            content = await self._secret_value(seen, source["name"], source["key"])
        return File(
            entry["path"],
            content,
            entry.get("owner", "root:root"),
            entry.get("permissions", "0640"),
            entry.get("encoding", ""),
            bool(entry.get("append")),
        )

    async def _users(self, seen: Seen, spec: Json) -> list[Json]:
        users = []
        for user in spec.get("users") or ():
            source = get_in(user, "passwdFrom", "secret")
            if source:
                user = {**user, "passwd": await self._secret_value(seen, source["name"], source["key"])}
            users.append(user)
        return users

    async def _secret_value(self, seen: Seen, name: str, key: str) -> str:
        secret = await get_or_none(self._client, SECRET, Key(seen.config["metadata"]["namespace"], name))
        value = get_in(secret or {}, "data", key)
        if value is None:
            raise Hold(f"Waiting for Secret {name} with key {key}", "WaitingForDataSecret")
        return base64.b64decode(value).decode()

    # Secret and lock.

    async def _store(self, seen: Seen, text: str) -> None:
        meta = seen.config["metadata"]
        mine = {**reference_to(seen.config), "controller": True}
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": meta["name"],
                "namespace": meta["namespace"],
                "labels": {CLUSTER_NAME_LABEL: seen.cluster["metadata"]["name"]},
                "ownerReferences": [mine],
            },
            "type": CLUSTER_SECRET_TYPE,
            "data": {
                "value": base64.b64encode(text.encode()).decode(),
                "format": base64.b64encode((seen.config["spec"].get("format") or "cloud-config").encode()).decode(),
            },
        }
        try:
            await self._client.create(body, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_already_exists:
                raise
            data = {"data": body["data"], "metadata": {"ownerReferences": [mine]}}
            await self._client.patch(SECRET, meta["name"], meta["namespace"], data, field_manager=MANAGER)

    async def _lock(self, seen: Seen) -> bool:
        """Let one control-plane machine initialise the cluster; returns whether it is this one."""
        meta, name = seen.cluster["metadata"], seen.machine["metadata"]["name"]
        key = Key(meta["namespace"], f"{meta['name']}-lock")
        held = await get_or_none(self._client, CONFIG_MAP, key)
        if held is not None:
            return f'"machineName":"{name}"' in get_in(held, "data", "lock-information", default="")
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": key.name,
                "namespace": key.namespace,
                "labels": {CLUSTER_NAME_LABEL: meta["name"]},
                "ownerReferences": [reference_to(seen.cluster)],
            },
            "data": {"lock-information": gojson.dumps({"machineName": name}).decode()},
        }
        try:
            await self._client.create(body, field_manager=MANAGER)
        except ApiError as error:
            if error.is_already_exists:
                return False
            raise
        return True

    async def _unlock(self, seen: Seen) -> None:
        meta = seen.cluster["metadata"]
        try:
            await self._client.delete(CONFIG_MAP, f"{meta['name']}-lock", meta["namespace"])
        except ApiError as error:
            if not error.is_not_found:
                raise

    # Once the data are there.

    async def _after(self, seen: Seen, draft: Json) -> Result:
        """Let go of the lock once the cluster is there; keep a joining machine's token alive until it has joined."""
        if is_true(get_in(seen.cluster, "status", "conditions"), "ControlPlaneInitialized") and seen.control_plane:
            await self._unlock(seen)
        token = get_in(draft, "spec", "joinConfiguration", "discovery", "bootstrapToken", "token")
        if not token or get_in(seen.machine, "status", "nodeRef", "name"):
            return Result.done()
        connection = self._cache.connection(Key.of(seen.cluster))
        if connection.remote is None:
            return Result.again(RETRY)
        expiry = base64.b64encode(timestamp(self._clock.now() + TOKEN_LIFETIME).encode()).decode()
        try:
            await connection.remote.client.patch(
                SECRET,
                f"bootstrap-token-{token.partition('.')[0]}",
                "kube-system",
                {"data": {"expiration": expiry}},
                field_manager=MANAGER,
            )
        except ApiError as error:
            if not error.is_not_found:
                raise WaitingError(f"cannot refresh the bootstrap token: {error.message}", RETRY) from error
        return Result.again(TOKEN_REFRESH)


def _facts(seen: Seen) -> Json:
    """What the Cluster says that kubeadm's ClusterConfiguration must say too."""
    network = get_in(seen.cluster, "spec", "clusterNetwork", default={})
    endpoint = get_in(seen.cluster, "spec", "controlPlaneEndpoint", default={})
    return {
        "clusterName": seen.cluster["metadata"]["name"],
        "controlPlaneEndpoint": f"{endpoint['host']}:{endpoint.get('port', 6443)}" if endpoint.get("host") else "",
        "kubernetesVersion": seen.version,
        "podSubnet": ",".join(get_in(network, "pods", "cidrBlocks", default=())),
        "serviceSubnet": ",".join(get_in(network, "services", "cidrBlocks", default=())),
        "dnsDomain": network.get("serviceDomain", ""),
    }
