"""KubeadmConfig controller: the bootstrap data with which one machine becomes a node.

Behaviour: cluster-api v1.14, bootstrap/kubeadm/reconcilers/kubeadmconfig/kubeadmconfig_controller.go.
Differences: docs/compat/kubeadm.md#kubeadmconfig. The lock and the tokens have files of their own.
"""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fairlead.api.errors import ApiError
from fairlead.base import yaml as goyaml
from fairlead.base.objects import GVK, Json, Key, copy, get_in, is_deleting, labels, owner_references
from fairlead.controllers.clusterapi import kubeadmconfiglock, kubeadmconfigtokens, pki
from fairlead.controllers.clusterapi.clustercache import ClusterCache
from fairlead.controllers.clusterapi.wakeups import Changes, of_cluster_and_spec, of_machine
from fairlead.controllers.conditions import PAUSED, Reporter
from fairlead.controllers.contract import (
    CLUSTER,
    CLUSTER_NAME_LABEL,
    CLUSTER_SECRET_TYPE,
    KUBEADM_CONFIG,
    MACHINE,
    SECRET,
    cluster_of,
    controller_reference,
    get_or_none,
    is_control_plane,
    is_paused,
    owner,
    pause_message,
    reference_to,
    referenced,
)
from fairlead.engines.cloudinit import Bootstrap, File, IgnitionError, render_cloud_config, render_ignition
from fairlead.engines.cloudinit.filetemplates import FileTemplateError, render_file_template
from fairlead.engines.cloudinit.kubeadm import cluster_configuration, document, init_configuration, join_configuration
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.conditions import is_true
from fairlead.runtime.controller import BaseController, Watch
from fairlead.runtime.edit import editing
from fairlead.runtime.ids import Ids
from fairlead.runtime.keys import KeySource
from fairlead.runtime.outcome import Result

CONFIG_MAP = GVK("", "v1", "ConfigMap")
MANAGER = "manager"
DATA_SECRET, CERTIFICATES = "DataSecretAvailable", "CertificatesAvailable"
UNINITIALIZED: Json = {"key": "node.cluster.x-k8s.io/uninitialized", "effect": "NoSchedule"}
NOT_INITIALIZED = "Waiting for Cluster control plane to be initialized"

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

    @property
    def key(self) -> Key:
        return Key.of(self.config)


class Hold(Exception):  # noqa: N818  # not an error: what the machine waits for
    """The data cannot be made yet; the text is the condition's message, the rest the deprecated condition."""

    def __init__(self, message: str, old: str, old_message: str = "", severity: str = "Info") -> None:
        super().__init__(message)
        self.old = old
        self.old_message = old_message
        self.severity = severity
        self.is_fault = severity != "Info"


def decide(seen: Seen) -> str:
    """Choose what this pass does: wait, adopt, keep, init or join. Pure."""
    status = seen.config.get("status") or {}
    if not get_in(seen.cluster, "status", "initialization", "infrastructureProvisioned"):
        return "wait"
    created = get_in(status, "initialization", "dataSecretCreated")
    if get_in(seen.machine, "spec", "bootstrap", "dataSecretName") and not (created and status.get("dataSecretName")):
        return "adopt"
    if created:
        return "keep"
    return "join" if is_true(get_in(seen.cluster, "status", "conditions"), "ControlPlaneInitialized") else "init"


class KubeadmConfigController(BaseController):
    """Makes each machine's bootstrap data once."""

    name = "kubeadmconfig"
    kind = KUBEADM_CONFIG

    def __init__(self, *, client: Client, clock: Clock, ids: Ids, keys: KeySource, cache: ClusterCache) -> None:
        self._client = client
        self._clock = clock
        self._ids = ids
        self._keys = keys
        self._cache = cache
        self._clusters = Changes(of_cluster_and_spec)
        self._machines = Changes(of_machine)

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
        if not self._machines.is_new(machine):
            return ()
        reference = get_in(machine, "spec", "bootstrap", "configRef", default={})
        return (Key(Key.of(machine).namespace, reference["name"]),) if reference.get("kind") == "KubeadmConfig" else ()

    async def _pending(self, namespace: str, cluster: str) -> list[Key]:
        selector = f"{CLUSTER_NAME_LABEL}={cluster}"
        found = (await self._client.list(KUBEADM_CONFIG, namespace, label_selector=selector)).items
        return [Key.of(c) for c in found if not get_in(c, "status", "initialization", "dataSecretCreated")]

    async def _of_cluster(self, cluster: Json) -> list[Key]:
        if not self._clusters.is_new(cluster):
            return []
        return await self._pending(Key.of(cluster).namespace, Key.of(cluster).name)

    async def _of_secret(self, secret: Json) -> list[Key]:
        """Wake those who wait for a cluster's certificates, or for a Secret that their files or users name."""
        key = Key.of(secret)
        name = labels(secret).get(CLUSTER_NAME_LABEL)
        if secret.get("type") == CLUSTER_SECRET_TYPE and name:
            owned = any(o.get("kind") == KUBEADM_CONFIG.kind for o in owner_references(secret))
            return [] if owned else await self._pending(key.namespace, name)
        found = (await self._client.list(KUBEADM_CONFIG, key.namespace)).items
        waiting = [c for c in found if not get_in(c, "status", "initialization", "dataSecretCreated")]
        return [Key.of(c) for c in waiting if key.name in _named_secrets(c["spec"])]

    async def _of_lock(self, obj: Json) -> list[Key]:
        key = Key.of(obj)
        if not key.name.endswith(kubeadmconfiglock.SUFFIX):
            return []
        return await self._pending(key.namespace, key.name.removesuffix(kubeadmconfiglock.SUFFIX))

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
        result = Result.done()
        try:
            result = await self._step(decide(seen), seen, draft, report)
        except Hold as hold:
            report.set(DATA_SECRET, False, "NotAvailable", str(hold))
            report.set_old(DATA_SECRET, False, hold.old, hold.old_message, hold.severity)
            if hold.is_fault:
                result = Result.again(RETRY)
        finally:
            report.summarize(
                (DATA_SECRET, CERTIFICATES), (DATA_SECRET, CERTIFICATES), required=(DATA_SECRET, CERTIFICATES)
            )
        _observe(seen.config, draft)
        return result

    async def _step(self, step: str, seen: Seen, draft: Json, report: Reporter) -> Result:
        match step:
            case "wait":
                raise Hold(
                    "Waiting for Cluster status.infrastructureReady to be true", "WaitingForClusterInfrastructure"
                )
            case "adopt":
                self._available(draft, report, seen.machine["spec"]["bootstrap"]["dataSecretName"])
                return Result.done()
            case "keep":
                self._available(draft, report, draft["status"].get("dataSecretName", seen.key.name))
                return await self._keep_token(seen)
            case "init":
                return await self._init(seen, draft, report)
        return await self._join(seen, draft, report)

    def _available(self, draft: Json, report: Reporter, secret: str) -> None:
        status = draft.setdefault("status", {})
        status["dataSecretName"] = secret
        status.setdefault("initialization", {})["dataSecretCreated"] = True
        for type_ in (DATA_SECRET, CERTIFICATES):
            report.set(type_, True, "Available")
            report.set_old(type_, True)

    async def _init(self, seen: Seen, draft: Json, report: Reporter) -> Result:
        if report.get(DATA_SECRET) is None:
            report.set(DATA_SECRET, False, "NotAvailable", NOT_INITIALIZED)
            report.set_old(DATA_SECRET, False, "WaitingForControlPlaneAvailable", "", "Info")
        if not seen.control_plane:
            return Result.done()  # woken when the cluster's condition changes
        name = seen.machine["metadata"]["name"]
        if not await kubeadmconfiglock.acquire(self._client, seen.cluster, name, manager=MANAGER):
            return Result.done()  # woken when the lock changes
        try:
            await self._store(seen, await self._init_data(seen, draft, report))
        except Exception:
            await kubeadmconfiglock.release(self._client, seen.cluster)
            raise
        self._available(draft, report, seen.key.name)
        return Result.done()

    async def _join(self, seen: Seen, draft: Json, report: Reporter) -> Result:
        await kubeadmconfiglock.release(self._client, seen.cluster)
        await self._store(seen, await self._join_data(seen, draft, report))
        self._available(draft, report, seen.key.name)
        return Result.again(kubeadmconfigtokens.CHECK)

    # What the data are made of.

    async def _init_data(self, seen: Seen, draft: Json, report: Reporter) -> str:
        spec = draft["spec"]
        endpoint = _endpoint(seen.cluster)
        if endpoint and not get_in(spec, "clusterConfiguration", "controlPlaneEndpoint"):
            spec.setdefault("clusterConfiguration", {})["controlPlaneEndpoint"] = endpoint
        configuration = spec.get("clusterConfiguration")
        pairs = await self._certificates(seen, configuration, report)
        timeout = get_in(spec, "initConfiguration", "timeouts", "controlPlaneComponentHealthCheckSeconds")
        configs = (
            cluster_configuration(configuration, _facts(seen), timeout_seconds=timeout),
            init_configuration(spec.get("initConfiguration"), seen.version),
        )
        files = pki.control_plane_files(pairs, configuration)
        return await self._render(seen, draft, "init", [document(config) for config in configs], files)

    async def _join_data(self, seen: Seen, draft: Json, report: Reporter) -> str:
        spec = draft["spec"]
        join = spec.setdefault("joinConfiguration", {})
        files: list[File] = []
        if seen.control_plane:
            join.setdefault("controlPlane", {})
            configuration = spec.get("clusterConfiguration")
            pairs = await self._certificates(seen, configuration, report)
            files = pki.control_plane_files(pairs, configuration)
            ca = pairs["ca"].certificate
        elif join.get("controlPlane") is not None:
            text = "Machine is a Worker, but JoinConfiguration.ControlPlane is set in the KubeadmConfig object"
            raise Hold(text, "DataSecretGenerationFailed", text, "Warning")
        else:
            ca = (await self._pair(seen, "ca", report)).certificate
        discovered = await self._discovery(seen, join, ca)
        wanted = copy(join)
        if not seen.control_plane:
            registration = wanted.setdefault("nodeRegistration", {})
            taints = list(registration.get("taints") or ())
            if UNINITIALIZED["key"] not in (taint.get("key") for taint in taints):
                registration["taints"] = [*taints, UNINITIALIZED]  # the Machine takes it off its node again
        config = document(join_configuration(wanted, seen.version))
        return await self._render(seen, draft, "join", [config], files, discovered)

    async def _discovery(self, seen: Seen, join: Json, ca: bytes) -> list[File]:
        """Fill in how the machine finds and trusts the cluster; returns the kubeconfig file it may need for that."""
        discovery = join.setdefault("discovery", {})
        endpoint = _endpoint(seen.cluster)
        if not endpoint:
            raise Hold("Waiting for Cluster spec.controlPlaneEndpoint to be set", "WaitingForClusterInfrastructure")
        if discovery.get("file"):
            return _discovery_file(discovery["file"], endpoint, ca)
        token = discovery.setdefault("bootstrapToken", {})
        if not token.get("caCertHashes"):
            token["caCertHashes"] = [pki.public_key_pin(ca)]
        token.setdefault("apiServerEndpoint", endpoint)
        if not token.get("token"):
            remote = self._cache.connection(Key.of(seen.cluster)).remote
            if remote is None:
                text = "Waiting for a connection to the workload cluster"
                raise Hold(text, "WaitingForControlPlaneAvailable")
            token["token"] = await kubeadmconfigtokens.create(remote.client, self._clock, self._ids, manager=MANAGER)
        return []

    async def _certificates(self, seen: Seen, configuration: Json | None, report: Reporter) -> dict[str, pki.KeyPair]:
        """The cluster's key pairs. A cluster without control-plane object has nobody else to make them."""
        if not get_in(seen.cluster, "spec", "controlPlaneRef"):
            mine = controller_reference(seen.config)
            await pki.ensure(self._client, self._keys, self._clock, seen.cluster, configuration, mine, manager=MANAGER)
        wanted = pki.purposes(configuration)
        return {purpose: await self._pair(seen, purpose, report) for purpose in wanted}

    async def _pair(self, seen: Seen, purpose: str, report: Reporter) -> pki.KeyPair:
        meta = seen.cluster["metadata"]
        name = pki.secret_name(meta["name"], purpose)
        secret = await get_or_none(self._client, SECRET, Key(meta["namespace"], name))
        if secret is None:
            text = f"Waiting for Secret {name}"
            report.set(CERTIFICATES, "Unknown", "InternalError", text)
            report.set_old(CERTIFICATES, False, "CertificatesCorrupted", text, "Error")
            raise Hold(text, "WaitingForControlPlaneAvailable")
        return pki.pair_of(secret)

    async def _render(
        self, seen: Seen, draft: Json, command: str, configs: list[str], files: list[File], more: Sequence[File] = ()
    ) -> str:
        spec = draft["spec"]
        own = await self._files(seen, spec.get("files") or ())
        users = await self._users(seen, spec.get("users") or ())
        bootstrap = Bootstrap(
            command, configs, [*files, *own, *more], {**spec, "users": users}, control_plane=seen.control_plane
        )
        try:
            return render_ignition(bootstrap) if spec.get("format") == "ignition" else render_cloud_config(bootstrap)
        except IgnitionError as error:
            raise Hold(str(error), "DataSecretGenerationFailed", str(error), "Warning") from error

    async def _files(self, seen: Seen, entries: Sequence[Json]) -> list[File]:
        templated = any(entry.get("contentFormat") == "Template" for entry in entries)
        version = await self._control_plane_version(seen) if templated else ""
        files = []
        for entry in entries:
            content = entry.get("content", "")
            source = get_in(entry, "contentFrom", "secret")
            try:
                if source:
                    content = await self._secret_value(seen, source)
                if entry.get("contentFormat") == "Template":
                    content = render_file_template(entry["path"], content, version)
            except LookupError as error:
                text = f"failed to resolve file source: {error.args[0]}"
                raise _file_fault(text) from error
            except FileTemplateError as error:
                raise _file_fault(f"failed to render templates: {error}") from error
            files.append(
                File(
                    entry["path"],
                    content,
                    owner=entry.get("owner", ""),
                    permissions=entry.get("permissions", ""),
                    encoding=entry.get("encoding", ""),
                    append=entry.get("append"),
                )
            )
        return files

    async def _control_plane_version(self, seen: Seen) -> str:
        reference = get_in(seen.cluster, "spec", "controlPlaneRef")
        plane = await referenced(self._client, reference, seen.key.namespace)
        version = str(get_in(plane or {}, "spec", "version", default=""))
        return version if not version or version.startswith("v") else f"v{version}"

    async def _users(self, seen: Seen, entries: Sequence[Json]) -> list[Json]:
        users = []
        for entry in entries:
            source = get_in(entry, "passwdFrom", "secret")
            if not source:
                users.append(entry)
                continue
            try:
                users.append({**entry, "passwd": await self._secret_value(seen, source)})
            except LookupError as error:
                old = f"failed to resolve passwd source: {error.args[0]}"
                text = "Failed to read password from secrets for spec.users"
                raise Hold(text, "DataSecretGenerationFailed", old, "Warning") from error
        return users

    async def _secret_value(self, seen: Seen, source: Mapping[str, str]) -> str:
        """A value of a Secret. Raises: LookupError."""
        key = Key(seen.key.namespace, source["name"])
        secret = await get_or_none(self._client, SECRET, key)
        if secret is None:
            raise LookupError(f"secret not found: {key}")
        value = get_in(secret, "data", source["key"])
        if value is None:
            raise LookupError(f'secret references non-existent secret key: "{source["key"]}"')
        return base64.b64decode(value).decode(errors="replace")

    async def _store(self, seen: Seen, text: str) -> None:
        name, namespace = seen.key.name, seen.key.namespace
        mine = {**reference_to(seen.config), "controller": True}
        kind = seen.config["spec"].get("format") or "cloud-config"
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": {CLUSTER_NAME_LABEL: seen.cluster["metadata"]["name"]},
                "ownerReferences": [mine],
            },
            "type": CLUSTER_SECRET_TYPE,
            "data": {
                "value": base64.b64encode(text.encode()).decode(),
                "format": base64.b64encode(kind.encode()).decode(),
            },
        }
        try:
            await self._client.create(body, field_manager=MANAGER)
        except ApiError as error:
            if not error.is_already_exists:
                raise
            data = {"data": body["data"], "metadata": {"ownerReferences": [mine]}}
            await self._client.patch(SECRET, name, namespace, data, field_manager=MANAGER)

    # Once the data are there.

    async def _keep_token(self, seen: Seen) -> Result:
        """Keep a joining machine's token alive until it has joined."""
        token = get_in(seen.config, "spec", "joinConfiguration", "discovery", "bootstrapToken", "token")
        if not token or get_in(seen.machine, "status", "nodeRef", "name") or is_deleting(seen.machine):
            return Result.done()
        remote = self._cache.connection(Key.of(seen.cluster)).remote
        if remote is None:
            return Result.done()  # woken when the connection comes back
        if not await kubeadmconfigtokens.refresh(remote.client, self._clock, token, manager=MANAGER):
            return Result.done()  # gone: what holds it cannot join any more, and its Machine says so
        return Result.again(kubeadmconfigtokens.CHECK)


def _observe(before: Json, draft: Json) -> None:
    """Say which generation was looked at; a spec that this pass completes counts as seen with what it wrote."""
    seen = generation = draft["metadata"].get("generation", 1)
    if draft["spec"] != before["spec"]:
        generation += 1
    for condition in draft["status"].get("conditions", ()):
        if condition.get("observedGeneration") == seen:
            condition["observedGeneration"] = generation
    draft["status"]["observedGeneration"] = generation


def _file_fault(text: str) -> Hold:
    return Hold(f"Failed to prepare spec.files: {text}", "DataSecretGenerationFailed", text, "Warning")


def _endpoint(cluster: Json) -> str:
    """`host:port` of the control plane; empty while it is unknown."""
    endpoint = get_in(cluster, "spec", "controlPlaneEndpoint", default={})
    return f"{endpoint['host']}:{endpoint.get('port', 6443)}" if endpoint.get("host") else ""


def _named_secrets(spec: Json) -> set[str]:
    """The Secrets that files and users take their content from."""
    sources = [get_in(entry, "contentFrom", "secret", "name") for entry in spec.get("files") or ()]
    sources += [get_in(entry, "passwdFrom", "secret", "name") for entry in spec.get("users") or ()]
    return {name for name in sources if name}


def _facts(seen: Seen) -> Json:
    """What the Cluster says that kubeadm's ClusterConfiguration must say too."""
    network = get_in(seen.cluster, "spec", "clusterNetwork", default={})
    return {
        "clusterName": seen.cluster["metadata"]["name"],
        "kubernetesVersion": seen.version,
        "podSubnet": ",".join(get_in(network, "pods", "cidrBlocks", default=())),
        "serviceSubnet": ",".join(get_in(network, "services", "cidrBlocks", default=())),
        "dnsDomain": network.get("serviceDomain", ""),
    }


def _discovery_file(discovery: Json, endpoint: str, ca: bytes) -> list[File]:
    """The kubeconfig of file discovery, where the user describes one; *discovery* is completed."""
    kubeconfig = discovery.get("kubeConfig")
    if not kubeconfig:
        return []
    cluster = kubeconfig.setdefault("cluster", {})
    cluster.setdefault("server", f"https://{endpoint}")
    cluster.setdefault("certificateAuthorityData", base64.b64encode(ca).decode())
    names = {
        "certificateAuthorityData": "certificate-authority-data",
        "insecureSkipTLSVerify": "insecure-skip-tls-verify",
        "proxyURL": "proxy-url",
        "server": "server",
        "tlsServerName": "tls-server-name",
    }
    user: Json = {}
    provider, command = get_in(kubeconfig, "user", "authProvider"), get_in(kubeconfig, "user", "exec")
    if provider:
        user["auth-provider"] = {"config": provider.get("config"), "name": provider["name"]}
    if command:
        user["exec"] = {
            "apiVersion": command.get("apiVersion") or "client.authentication.k8s.io/v1",
            "args": command.get("args"),
            "command": command["command"],
            "env": command.get("env"),
            "interactiveMode": "Never",
            "provideClusterInfo": bool(command.get("provideClusterInfo")),
        }
    document_ = {
        "clusters": [{"name": "default", "cluster": {names[k]: v for k, v in cluster.items() if k in names}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
        "users": [{"name": "default", "user": user}],
    }
    return [File(discovery["kubeConfigPath"], goyaml.dump(document_))]
