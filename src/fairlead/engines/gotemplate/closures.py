"""What interpreted expressions are made of: functions of the frame of one call of a template.

See interpreter.py, which puts them together; each does what an expression of generated code does (codegen.py).
"""

from __future__ import annotations

from fairlead.engines.gotemplate.runtime import fits, method

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable

    from fairlead.engines.gotemplate.template import Render

    Run = Callable[["Frame"], object]


class LeftToCompilerError(Exception):
    """Something that only generated code does."""


class Frame:
    """One call of a template."""

    __slots__ = ("dot", "render", "top", "values", "write")

    def __init__(self, render: Render, write: Callable[[str], None], data: object) -> None:
        self.render = render
        self.write = write
        self.top = self.dot = data
        self.values: dict[str, object] = {}


def nothing(_: Frame) -> None:
    return None


def dot(frame: Frame) -> object:
    return frame.dot


def top(frame: Frame) -> object:
    return frame.top


def constant(value: object) -> Run:
    return lambda _: value


def read(place: str) -> Run:
    return lambda frame: frame.values[place]


def stored(value: Run, place: str) -> Run:
    def run(frame: Frame) -> object:
        found = frame.values[place] = value(frame)
        return found

    return run


def near_field(get: Callable[..., object], receiver: Run, ident: list[str]) -> Run:
    if len(ident) == 1:
        (a,) = ident
        if receiver is dot:
            return lambda frame: get(frame.dot, a)
        return lambda frame: get(receiver(frame), a)
    if len(ident) == 2:
        a, b = ident
        if receiver is dot:
            return lambda frame: get(frame.dot, a, b)
        return lambda frame: get(receiver(frame), a, b)
    a, b, c = ident
    return lambda frame: get(receiver(frame), a, b, c)


def far_field(get: Callable[..., object], receiver: Run, path: tuple[str, ...]) -> Run:
    return lambda frame: get(receiver(frame), path)


def method_call(receiver: Run, name: str, runs: list[Run], last: Run | None) -> Run:
    count = len(runs) + (last is not None)

    def run(frame: Frame) -> object:
        rest = () if last is None else (last(frame),)
        owner = receiver(frame)
        if owner is None:
            raise LeftToCompilerError
        return method(owner, name, False, count)(*[run(frame) for run in runs], *rest)

    return run


def call(body: Callable[..., object], runs: list[Run], last: Run | None) -> Run:
    """Return a call; the value of the command before it is found first."""
    if last is None:
        if len(runs) == 1:
            (a,) = runs
            return lambda frame: body(a(frame))
        if len(runs) == 2:
            a, b = runs
            return lambda frame: body(a(frame), b(frame))
        return lambda frame: body(*[run(frame) for run in runs])
    if not runs:
        return lambda frame: body(last(frame))

    def run(frame: Frame) -> object:
        value = last(frame)
        return body(*[run(frame) for run in runs], value)

    return run


def render_call(body: Callable[..., object], runs: list[Run], last: Run | None) -> Run:
    def run(frame: Frame) -> object:
        if last is None:
            return body(frame.render, *[run(frame) for run in runs])
        value = last(frame)
        return body(frame.render, *[run(frame) for run in runs], value)

    return run


def negated(value: Run) -> Run:
    return lambda frame: not value(frame)


def all_of(runs: list[Run]) -> Run:
    def run(frame: Frame) -> object:
        value: object = None
        for part in runs:
            value = part(frame)
            if not value:
                break
        return value

    return run


def one_of(runs: list[Run]) -> Run:
    def run(frame: Frame) -> object:
        value: object = None
        for part in runs:
            value = part(frame)
            if value:
                break
        return value

    return run


def exactly(value: Run, wanted: type) -> Run:
    def run(frame: Frame) -> object:
        found = value(frame)
        if type(found) is wanted:
            return found
        raise LeftToCompilerError

    return run


def fitting(value: Run, kind: str, iface: bool) -> Run:
    def run(frame: Frame) -> object:
        found = value(frame)
        if fits(found, kind) and not (iface and found is None):
            return found
        raise LeftToCompilerError

    return run
