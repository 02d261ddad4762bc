"""What could be done about a failed build: hints that follow the error on stderr. kustomize has none."""

from __future__ import annotations

import posixpath

from fairlead.engines.helm.nearest import closest
from fairlead.engines.kustomize.errors import KustomizeError, MissingPathError, RemoteRefusedError, UnknownFieldError

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from fairlead.engines.kustomize.loader import Loader


def hints(error: KustomizeError, loader: Loader) -> tuple[str, ...]:
    """Return the lines to print after *error*, asking *loader* what is there in place of what is not."""
    cause: BaseException | None = error
    while cause is not None:
        text = _hint(cause, loader)
        if text:
            return (f"hint: {text}",)
        cause = cause.__cause__
    return ()


def _hint(cause: BaseException, loader: Loader) -> str:
    if isinstance(cause, RemoteRefusedError):
        return "--enable-remote brings files by HTTP and bases by git"
    if isinstance(cause, UnknownFieldError) and cause.file:
        near = closest(cause.field, cause.known)
        place = f"{cause.file}:{_line(cause, loader)}"
        meant = f"; did you mean {near!r}?" if near else ""
        return f"{place}: field {cause.field!r}{meant}"
    if isinstance(cause, MissingPathError):
        folder, name = posixpath.split(cause.path)
        near = closest(name, loader.list(folder or ".")) if loader.is_folder(folder or ".") else ""
        return f"there is no {name!r} in {folder or '.'}; did you mean {near!r}?" if near else ""
    return ""


def _line(cause: UnknownFieldError, loader: Loader) -> int:
    """Return the line of the first such field in the fields that lead to it; the file could be read before."""
    from fairlead.base import yaml as goyaml

    above = cause.where.lower().split(".")[1:]
    for _, lines in goyaml.load_all_with_lines(loader.read(cause.file), source=cause.file):
        for path, line in lines.items():
            names = [step for step in path if isinstance(step, str)]
            if path and path[-1] == cause.field and [name.lower() for name in names[:-1]] == above:
                return line
    return 1
