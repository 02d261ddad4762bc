"""Schemas of API objects: pruning, defaulting, validation, and the API server's words for what is wrong."""
