"""What goes wrong in a build."""


class KustomizeError(Exception):
    """A build that cannot be done; the text names the file and the cause, in kustomize's words where it has some.

    `warnings` is what was to be warned of before.
    """

    warnings: tuple[str, ...] = ()


class MissingPathError(KustomizeError):
    """There is nothing at `path`."""

    def __init__(self, text: str, path: str) -> None:
        super().__init__(text)
        self.path = path


class RemoteRefusedError(KustomizeError):
    """What lies elsewhere was not to be brought."""


class UnknownFieldError(KustomizeError):
    """A kustomization, in `file`, has a `field` that is none of the `known` in `where`, as "Kustomization.patches"."""

    def __init__(self, field: str, where: str, known: tuple[str, ...]) -> None:
        super().__init__(f'json: unknown field "{field}"')
        self.field = field
        self.where = where
        self.known = known
        self.file = ""
