"""Kubernetes clusters on VMware vSphere, declared in Git."""

__version__ = "0.1.0"
