"""The key pairs and the kubeconfig of a control plane's cluster, kept in Secrets.

Source: cluster-api v1.14, controlplane/kubeadm/reconcilers/kubeadmcontrolplane (reconcileClusterCertificates,
reconcileKubeconfig): certificates are made until the control plane is initialized, a lost one is an error afterwards.
"""

from fairlead.api.errors import ApiError
from fairlead.base.objects import Json, Key, get_in, owner_references
from fairlead.controllers.clusterapi import pki
from fairlead.controllers.clusterapi.controlplane.seen import ControlPlane
from fairlead.controllers.conditions import Reporter
from fairlead.controllers.contract import (
    CLUSTER_SECRET_TYPE,
    SECRET,
    controller_reference,
    get_or_none,
    is_controlled_by,
    with_owner,
)
from fairlead.runtime.client import Client
from fairlead.runtime.clock import Clock
from fairlead.runtime.edit import editing
from fairlead.runtime.keys import KeySource

AVAILABLE = "CertificatesAvailable"
MANAGER = "manager"


class CertificateKeeper:
    """Makes, adopts and renews the Secrets of clusters."""

    def __init__(self, *, client: Client, clock: Clock, keys: KeySource) -> None:
        self._client = client
        self._clock = clock
        self._keys = keys

    async def keep(self, plane: ControlPlane, report: Reporter) -> bool:
        """See to the key pairs and say so; returns whether all are there."""
        configuration = get_in(plane.kcp, "spec", "kubeadmConfigSpec", "clusterConfiguration", default={})
        mine = controller_reference(plane.kcp)
        meta = plane.cluster["metadata"]
        if not plane.initialized:
            await pki.ensure(self._client, self._keys, self._clock, plane.cluster, configuration, mine, manager=MANAGER)
        missing = []
        for purpose in pki.purposes(configuration):
            key = Key(meta["namespace"], pki.secret_name(meta["name"], purpose))
            secret = await get_or_none(self._client, SECRET, key)
            if secret is None:
                missing.append(purpose)
            else:
                await self._adopt(plane, secret)
        if missing:
            one = len(missing) == 1
            text = (
                f"Cluster {'certificate' if one else 'certificates'} for {', '.join(missing)} {'is' if one else 'are'} "
                "not available, please check cluster certificate secrets"
            )
            report.set(AVAILABLE, False, "NotAvailable", text)
            report.set_old(AVAILABLE, False, "CertificatesGenerationFailed", text, "Error")
            return False
        report.set(AVAILABLE, True, "Available")
        report.set_old(AVAILABLE, True)
        return True

    async def keep_kubeconfig(self, plane: ControlPlane) -> None:
        """See to the administrator's kubeconfig: made once, its client certificate renewed at half its life."""
        meta = plane.cluster["metadata"]
        key = Key(meta["namespace"], pki.secret_name(meta["name"], "kubeconfig"))
        secret = await get_or_none(self._client, SECRET, key)
        if secret is None:
            value = await self._kubeconfig(plane)
            if value is not None:
                body = pki.cluster_secret(
                    plane.cluster, "kubeconfig", {"value": value}, controller_reference(plane.kcp)
                )
                try:
                    await self._client.create(body, field_manager=MANAGER)
                except ApiError as error:
                    if not error.is_already_exists:
                        raise
            return
        await self._adopt(plane, secret)
        is_mine = is_controlled_by(secret, plane.kcp["metadata"]["uid"])
        if is_mine and pki.needs_rotation(pki.secret_value(secret, "value"), self._clock):
            value = await self._kubeconfig(plane)
            if value is not None:
                async with editing(self._client, secret, field_manager=MANAGER) as draft:
                    draft["data"]["value"] = pki.encoded(value)

    async def _kubeconfig(self, plane: ControlPlane) -> bytes | None:
        """A new kubeconfig; None without CA."""
        meta = plane.cluster["metadata"]
        ca = await get_or_none(self._client, SECRET, Key(meta["namespace"], pki.secret_name(meta["name"], "ca")))
        if ca is None:
            return None
        endpoint = get_in(plane.cluster, "spec", "controlPlaneEndpoint", default={})
        address = f"{endpoint['host']}:{endpoint.get('port', 6443)}"
        path = ("spec", "kubeadmConfigSpec", "clusterConfiguration", "encryptionAlgorithm")
        algorithm = get_in(plane.kcp, *path, default="")
        return await pki.new_kubeconfig(pki.pair_of(ca), meta["name"], address, self._keys, self._clock, algorithm)

    async def _adopt(self, plane: ControlPlane, secret: Json) -> None:
        """Make the control plane the controller of a Secret that is not the user's own."""
        if secret.get("type") != CLUSTER_SECRET_TYPE or is_controlled_by(secret, plane.kcp["metadata"]["uid"]):
            return
        async with editing(self._client, secret, field_manager=MANAGER) as draft:
            others = [owner for owner in owner_references(secret) if not owner.get("controller")]
            draft["metadata"]["ownerReferences"] = with_owner(others, controller_reference(plane.kcp))
