"""Kubernetes' own kinds: what is served, under which names, with which defaults and columns."""
