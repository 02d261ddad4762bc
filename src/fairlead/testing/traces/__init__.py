"""Recorded watch events of real controllers: reading, normalising, replaying, comparing."""
