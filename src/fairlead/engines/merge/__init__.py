"""Patches and server-side apply: how a change to an object becomes the new object."""
