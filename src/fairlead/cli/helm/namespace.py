"""The namespace of a release when no flag gives one: that of the kubeconfig's context, else "default".

Source: k8s.io/client-go tools/clientcmd (loading rules, DirectClientConfig.Namespace), as helm 4.3 uses it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def namespace_of(args: Any) -> str:
    """Return --namespace, or what the kubeconfig says."""
    if args.namespace:
        return str(args.namespace)
    if "kubeconfig" in args.given and args.kubeconfig:
        paths: Sequence[str] = [args.kubeconfig]
    else:
        paths = [path for path in os.environ.get("KUBECONFIG", "").split(os.pathsep) if path]
        paths = paths or [os.path.expanduser("~/.kube/config")]
    current = args.kube_context
    contexts: dict[str, Any] = {}
    for path in paths:
        if not os.path.exists(path):
            continue
        found = _read(path)
        if found is None:
            return "default"
        current = current or found.get("current-context") or ""
        for item in found.get("contexts") or ():
            if isinstance(item, dict):
                contexts.setdefault(str(item.get("name")), item.get("context"))
    context = contexts.get(current)
    namespace = context.get("namespace") if isinstance(context, dict) else None
    return str(namespace or "default")


def _read(path: str) -> dict[str, Any] | None:
    from fairlead.base import yaml

    try:
        with open(path, "rb") as handle:
            found = yaml.load(handle.read())
    except (OSError, yaml.YamlError):
        return None
    return found if isinstance(found, dict) else {}
