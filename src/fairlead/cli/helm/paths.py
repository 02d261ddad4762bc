"""Where helm keeps its files: configuration, cache, plugins, keys.

Source: Helm v4.3 pkg/helmpath, pkg/cmd/dependency_build.go (defaultKeyring); on Linux.
"""

from __future__ import annotations

import os


def config(name: str) -> str:
    """Return the path of a file of helm's configuration."""
    return _below("HELM_CONFIG_HOME", "XDG_CONFIG_HOME", ".config", name)


def cache(name: str) -> str:
    """Return the path of a file of helm's cache."""
    return _below("HELM_CACHE_HOME", "XDG_CACHE_HOME", ".cache", name)


def data(name: str) -> str:
    """Return the path of a file of helm's data."""
    return _below("HELM_DATA_HOME", "XDG_DATA_HOME", ".local/share", name)


def _below(own: str, general: str, usual: str, name: str) -> str:
    home = os.environ.get(own)
    if not home:
        home = os.path.join(os.environ.get(general) or os.path.join(os.path.expanduser("~"), usual), "helm")
    return os.path.join(home, name)


def keyring() -> str:
    """Return the file of the keys that signatures are verified with."""
    home = os.environ.get("GNUPGHOME", os.path.join(os.path.expanduser("~"), ".gnupg"))
    usual, keybox = os.path.join(home, "pubring.gpg"), os.path.join(home, "pubring.kbx")
    return keybox if os.path.exists(keybox) and not os.path.exists(usual) else usual
