"""What a command ends with when it cannot do its work."""


class CommandError(Exception):
    """The text says what cannot be done and why; `hint` says what to do next. `code` is the exit code."""

    def __init__(self, message: str, hint: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


class UsageError(CommandError):
    """The command line asks for something that does not exist."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint, code=2)


class RefusedError(CommandError):
    """The API answered with a Status that is not Success."""

    def __init__(self, message: str, status: int, reason: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
