"""The first log-in to a vCenter that was given: what cannot work is said at the start, not cluster by cluster."""

from __future__ import annotations

import logging

from fairlead.api.infrastructure.kinds import VSPHERE_CLUSTER
from fairlead.app.settings import StartError, VCenterAccess
from fairlead.runtime.client import Client
from fairlead.vsphere.errors import LoginFailed, ThumbprintMismatch, Unreachable
from fairlead.vsphere.port import Connector

log = logging.getLogger(__name__)


async def check_vcenter(connector: Connector, access: VCenterAccess, client: Client) -> None:
    """Log in and out. Raises: StartError.

    A fleet that exists already is looked after even while its vCenter cannot be reached: then that is a warning.
    """
    try:
        session = await connector.connect(access.server, access.username, access.password, access.thumbprint)
    except Unreachable as error:
        text = f"cannot reach the vCenter '{access.server}': {error}"
        if not (await client.list(VSPHERE_CLUSTER)).items:
            raise StartError(f"{text}; check --vcenter, and that this machine can connect to it") from error
        log.warning("the vCenter does not answer; its clusters wait for it", extra={"error": text})
    except (LoginFailed, ThumbprintMismatch) as error:
        raise StartError(_refusal(access, error)) from error
    else:
        await session.close()


def _refusal(access: VCenterAccess, error: LoginFailed | ThumbprintMismatch) -> str:
    if isinstance(error, LoginFailed):
        return (
            f"cannot log in to the vCenter '{access.server}' as '{access.username}': {error}; "
            "check --username and the password"
        )
    return (
        f"cannot trust the vCenter '{access.server}': {error}. It has SHA-1 {error.presented_sha1}, "
        f"SHA-256 {error.presented_sha256}, and no password was sent to it; compare with what "
        "`openssl x509 -noout -fingerprint` says on the vCenter itself, and give that one to --thumbprint"
    )
