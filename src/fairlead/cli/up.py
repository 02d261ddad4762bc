"""`fairlead up`: run in the foreground until a signal ends it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.cli.durations import parse_duration

if TYPE_CHECKING:
    from fairlead.app.program import Program
    from fairlead.app.settings import Settings, VCenterAccess
    from fairlead.vcenter.layout import Layout

INTERRUPTED = 130
DEFAULT_FOLDER = "~/.fairlead"


class UsageError(Exception):
    """The flags do not fit together, or a file they name cannot be read."""


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port; write 1 to 65535, or 0 for a free one")
    return int(text)


def add_lab_flags(parser: argparse.ArgumentParser, default_folder: str = DEFAULT_FOLDER) -> None:
    """Flags of every command that runs the program."""
    parser.add_argument(
        "--boot-delay",
        type=parse_duration,
        default="0",
        metavar="DURATION",
        help="how long each step of a simulated guest's boot takes (default 0; a real one is near 10s)",
    )
    parser.add_argument("--inventory", metavar="FILE", help="what the simulated vCenter holds (YAML)")
    for name, what in (("api", "management API"), ("git", "Git server"), ("vcenter", "simulated vCenter")):
        text = f"port of the {what} (default: a free one)"
        parser.add_argument(f"--{name}-port", type=_port, default=0, metavar="PORT", help=text)
    text = "port of the workload clusters (default: a free one)"
    parser.add_argument("--workloads-port", type=_port, default=0, metavar="PORT", help=text)
    parser.add_argument("--data", metavar="DIR", help=f"where state and kubeconfig are kept (default {default_folder})")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="log more; twice: everything")


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the flags."""
    add_lab_flags(parser)
    parser.add_argument("--ephemeral", action="store_true", help="keep nothing when the program ends")
    parser.add_argument("--fleet", metavar="DIR", help="first content of the Git repository (default: no clusters)")
    parser.add_argument("--kubeconfig", metavar="FILE", help="use this management cluster, not an embedded one")
    parser.add_argument("--vcenter", metavar="URL", help="use this vCenter, not a simulated one")
    parser.add_argument("--username", metavar="NAME", help="user of the vCenter (or FAIRLEAD_VCENTER_USERNAME)")
    parser.add_argument("--password", metavar="TEXT", help="password (or FAIRLEAD_VCENTER_PASSWORD)")
    parser.add_argument("--password-file", metavar="FILE", help="file with the password")
    text = "thumbprint of the vCenter's certificate (default: not checked)"
    parser.add_argument("--thumbprint", metavar="HEX", default="", help=text)


def run(args: argparse.Namespace) -> int:
    """Run the program; returns the exit code."""
    set_up_logging(args.verbose)
    try:
        settings = _settings(args)
    except UsageError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    if args.fleet and not settings.ephemeral and (settings.folder / "git" / "HEAD").exists():
        print(f"The repository in '{settings.folder / 'git'}' is kept: --fleet is for a new one.", file=sys.stderr)
    try:
        return run_program(settings, _serve)
    finally:
        if args.ephemeral and not args.data:
            shutil.rmtree(settings.folder, ignore_errors=True)


def _settings(args: argparse.Namespace) -> Settings:
    folder = args.data
    if folder is None:
        folder = tempfile.mkdtemp(prefix="fairlead-") if args.ephemeral else DEFAULT_FOLDER
    return settings_of(
        args,
        folder=Path(folder).expanduser(),
        ephemeral=args.ephemeral,
        fleet=read_fleet(Path(args.fleet).expanduser() if args.fleet else None),
        vcenter=_vcenter(args),
        kubeconfig=Path(args.kubeconfig).expanduser() if args.kubeconfig else None,
    )


def settings_of(args: argparse.Namespace, **more: Any) -> Settings:
    """The settings that the shared flags ask for, with *more*. Raises: UsageError."""
    from fairlead.app.settings import Ports, Settings

    ports = Ports(args.api_port, args.git_port, args.vcenter_port, args.workloads_port)
    return Settings(ports=ports, boot=args.boot_delay, layout=_layout(args.inventory), **more)


def read_fleet(folder: Path | None) -> dict[str, tuple[bytes, int]]:
    """The files of a fleet; of None, the sample without its clusters. Raises: UsageError."""
    from fairlead.app.fleet import FleetError, empty_fleet, read_folder

    try:
        return read_folder(folder) if folder is not None else empty_fleet()
    except FleetError as error:
        raise UsageError(str(error)) from error


def _layout(path: str | None) -> Layout:
    from fairlead.vcenter.layout import DEFAULT, LayoutError, parse_layout

    if path is None:
        return DEFAULT
    from fairlead.base import yaml as goyaml

    try:
        return parse_layout(goyaml.load(Path(path).expanduser().read_bytes(), source=path))
    except (OSError, LayoutError, goyaml.YamlError) as error:
        raise UsageError(f"cannot use the inventory file '{path}': {error}") from error


def _vcenter(args: argparse.Namespace) -> VCenterAccess | None:
    from fairlead.app.settings import VCenterAccess

    if not args.vcenter:
        given = [flag for flag in ("username", "password", "password_file", "thumbprint") if getattr(args, flag)]
        if given:
            raise UsageError(f"--{given[0].replace('_', '-')} needs --vcenter URL")
        return None
    username = args.username or os.environ.get("FAIRLEAD_VCENTER_USERNAME", "")
    password = args.password or os.environ.get("FAIRLEAD_VCENTER_PASSWORD", "")
    if args.password_file:
        try:
            password = Path(args.password_file).expanduser().read_text().rstrip("\n")
        except OSError as error:
            raise UsageError(f"cannot read the password file '{args.password_file}': {error.strerror}") from error
    if not username or not password:
        raise UsageError("--vcenter needs --username NAME and --password-file FILE (or --password TEXT)")
    return VCenterAccess(args.vcenter, username, password, args.thumbprint)


# Running.


def run_program(settings: Settings, body: Callable[[Program, asyncio.Event], Awaitable[int]]) -> int:
    """Start the program, do *body*, stop the program.

    SIGINT and SIGTERM set the event that *body* gets; a second one ends the process at once, which loses nothing that
    was acknowledged.
    """
    from fairlead.app.program import Program
    from fairlead.app.settings import StartError

    async def main() -> int:
        ending = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _end, ending)
        program = Program(settings)
        starting = loop.create_task(program.start())
        ended = loop.create_task(ending.wait())
        try:
            await asyncio.wait((starting, ended), return_when=asyncio.FIRST_COMPLETED)
            if not starting.done():
                return 0
            starting.result()
            return await body(program, ending)
        except StartError as error:
            print(f"Error: {error}", file=sys.stderr)
            return 1
        finally:
            for task in (starting, ended):
                task.cancel()
            await asyncio.gather(starting, ended, return_exceptions=True)
            await program.stop()

    return run_in_loop(main())


def _end(ending: asyncio.Event) -> None:
    """End in order, or at once when that was asked for before."""
    if ending.is_set():
        show_cursor = "\033[?25h" if sys.stderr.isatty() else ""
        print(f"{show_cursor}Stopped at once.", file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)
    ending.set()


def run_in_loop(main: Coroutine[Any, Any, int]) -> int:
    """Run *main* in the fastest event loop there is."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def _serve(program: Program, ending: asyncio.Event) -> int:
    steps = next_steps(program.folder.path, program.endpoints["git"], program.endpoints["vcenter"])
    for line in (*describe(program), *steps, "Stop with Ctrl-C."):
        print(line, file=sys.stderr, flush=True)
    await ending.wait()
    print("Stopping.", file=sys.stderr, flush=True)
    return 0


def describe(program: Program) -> list[str]:
    """Where everything is, a line each."""
    endpoints = program.endpoints
    rows = [("management API", endpoints["api"]), ("kubeconfig", endpoints["kubeconfig"]), ("Git", endpoints["git"])]
    vcenter = endpoints["vcenter"]
    rows.append(("vCenter", f"{vcenter['url']}  (user {vcenter['username']})"))
    if endpoints.get("workloads"):
        rows.append(("workload clusters", endpoints["workloads"]))
    width = max(len(name) for name, _ in rows)
    return [f"{name:<{width}}  {value}" for name, value in rows]


def next_steps(folder: Path, git: str, vcenter: Mapping[str, str]) -> list[str]:
    """The commands to go on with in another shell, as they can be typed there."""
    folder = folder.absolute()
    data = "" if folder == Path(DEFAULT_FOLDER).expanduser().absolute() else f" --data {shlex.quote(str(folder))}"
    return [
        "",
        "In another shell:",
        f"  {own_name()} status --watch{data}",
        f"  git clone {git}",
        f"  kubectl --kubeconfig {shlex.quote(str(folder / 'kubeconfig'))} get clusters,machines -A",
        *(f"  {line}" for line in govc_steps(vcenter)),
        "",
    ]


def govc_steps(vcenter: Mapping[str, str]) -> list[str]:
    """How to look into the simulated vCenter with govc; nothing for one whose password only its owner knows."""
    if not vcenter.get("password"):
        return []
    named = {"URL": vcenter["url"], "USERNAME": vcenter["username"], "PASSWORD": vcenter["password"], "INSECURE": "1"}
    pairs = " ".join(f"GOVC_{name}={shlex.quote(value)}" for name, value in named.items())
    return [f"export {pairs}", "govc ls vm"]


def own_name() -> str:
    """How this program is called in a shell."""
    if shutil.which("fairlead"):
        return "fairlead"
    if sys.argv[0].endswith(".py"):
        return f"{shlex.quote(sys.executable)} -m fairlead"
    return shlex.quote(os.path.abspath(sys.argv[0]))


class _Pairs(logging.Formatter):
    """One line a record: time, level, message, then the record's own pairs."""

    _KNOWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        pairs = " ".join(f"{key}={value}" for key, value in record.__dict__.items() if key not in self._KNOWN)
        text = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower()} {record.getMessage()}"
        text = f"{text} {pairs}" if pairs else text
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text


def set_up_logging(verbosity: int) -> None:
    """Logs go to stderr: warnings, with more `-v` more."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Pairs())
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)]
    logging.basicConfig(level=level, handlers=[handler])
    for noisy in ("asyncio", "uvicorn", "dulwich", "urllib3"):
        with contextlib.suppress(ValueError):
            logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
