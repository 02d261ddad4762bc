"""What can be wrong with an overlay."""


class KustomizeError(ValueError):
    """The overlay cannot be built; the text names the file, the cause, and where it can the line."""
