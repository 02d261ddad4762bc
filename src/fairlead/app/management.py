"""The embedded management cluster: an API server with all our kinds, kept in its storage."""

from __future__ import annotations

from collections.abc import Sequence

from fairlead.api.kind import Kind
from fairlead.app.kinds import KINDS
from fairlead.app.storages import MANAGEMENT
from fairlead.app.surroundings import Surroundings
from fairlead.server.server import ApiServer


def management_server(surroundings: Surroundings, root_ca: str = "", more: Sequence[Kind] = ()) -> ApiServer:
    """The API server of the management cluster; it is to be started.

    *root_ca* is what Pods would be told to trust, *more* are kinds beside those that are always there.
    """
    storage = surroundings.storages.of(MANAGEMENT)
    return ApiServer(surroundings.clock, surroundings.ids, (*KINDS, *more), storage, root_ca=root_ca)
