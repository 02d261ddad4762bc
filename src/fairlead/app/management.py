"""The embedded management cluster: an API server with all our kinds, kept in its storage."""

from __future__ import annotations

from fairlead.app.kinds import KINDS
from fairlead.app.storages import MANAGEMENT
from fairlead.app.surroundings import Surroundings
from fairlead.server.server import ApiServer


def management_server(surroundings: Surroundings, root_ca: str = "") -> ApiServer:
    """The API server of the management cluster; it is to be started. *root_ca* is what Pods would be told to trust."""
    storage = surroundings.storages.of(MANAGEMENT)
    return ApiServer(surroundings.clock, surroundings.ids, KINDS, storage, root_ca=root_ca)
