"""Helm: repositories, charts and releases."""
