"""The variables of a Kustomization: `postBuild.substitute` over what `substituteFrom` names.

Source: fluxcd/pkg/kustomize kustomize_varsub.go (later references win, line ends are taken out of values).
"""

import base64
from collections.abc import Mapping
from typing import Any

from fairlead.api.errors import ApiError
from fairlead.base.objects import GVK, Json, Key, get_in
from fairlead.runtime.client import Client

CONFIG_MAP, SECRET = GVK("", "v1", "ConfigMap"), GVK("", "v1", "Secret")


class VariablesError(Exception):
    """A reference cannot be resolved; the text is the end of the condition's message."""


async def load_variables(client: Client, ks: Json) -> dict[str, str]:
    """The variables of *ks*. Raises: VariablesError, ApiError when the API is out of reach."""
    post_build = get_in(ks, "spec", "postBuild", default={})
    namespace = Key.of(ks).namespace
    found: dict[str, str] = {}
    for reference in post_build.get("substituteFrom") or ():
        found |= await _referenced(client, reference, namespace)
    found |= {name: str(value) for name, value in (post_build.get("substitute") or {}).items()}
    return {name: value.replace("\n", "") for name, value in found.items()}


async def _referenced(client: Client, reference: Mapping[str, Any], namespace: str) -> dict[str, str]:
    kind, name = reference["kind"], reference["name"]
    try:
        obj = await client.get(SECRET if kind == "Secret" else CONFIG_MAP, name, namespace)
    except ApiError as error:
        if error.code >= 500:
            raise
        if error.is_not_found and reference.get("optional"):
            return {}
        raise VariablesError(f"substitute from '{kind}/{name}' error: {error.message}") from error
    data = obj.get("data") or {}
    if kind == "Secret":
        return {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}
    return dict(data)
