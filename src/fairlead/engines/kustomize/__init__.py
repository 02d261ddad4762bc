"""Kustomize: overlays built from a tree of files."""

from fairlead.engines.kustomize.build import Built, build
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.loader import Loader, MemoryLoader

__all__ = ["Built", "KustomizeError", "Loader", "MemoryLoader", "build"]
