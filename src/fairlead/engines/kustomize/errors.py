"""What goes wrong in a build."""


class KustomizeError(Exception):
    """A build that cannot be done; the text names the file and the cause, in kustomize's words where it has some.

    `warnings` is what was to be warned of before.
    """

    warnings: tuple[str, ...] = ()
