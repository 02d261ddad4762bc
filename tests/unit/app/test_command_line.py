"""`fairlead` as it is typed: usage errors end with 2 and say what is missing; failures end with 1."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from fairlead.app.program import Program
from fairlead.app.settings import Settings
from fairlead.cli import demo, up
from fairlead.cli.main import OWN_COMMANDS, main


@pytest.fixture(autouse=True)
def no_logging(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "set_up_logging", lambda verbosity: None)
    monkeypatch.setattr(demo, "set_up_logging", lambda verbosity: None)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["up", "--vcenter", "https://vc.example.com"], "--vcenter needs --username NAME and --password-file"),
        (["up", "--username", "me"], "--username needs --vcenter URL"),
        (["up", "--vcenter", "x", "--username", "me", "--password-file", "/missing"], "password file '/missing'"),
        (["up", "--fleet", "/missing"], "'/missing'"),
        (["up", "--inventory", "/missing.yaml"], "inventory file '/missing.yaml'"),
        (["demo", "--clusters", "-1"], "--clusters takes 0 to"),
        (["up", "--boot-delay", "soon"], "'soon' is not a duration"),
        (["up", "--api-port", "99999"], "'99999' is not a port; write 1 to 65535"),
        (["demo", "--git-port", "-1"], "'-1' is not a port"),
        (["status", "--sails"], "usage: fairlead status"),
        (["cluster", "describe", "skiff", "--sails"], "usage: fairlead cluster describe"),
        (["sail"], "invalid choice: 'sail'"),
        ([], "usage: fairlead"),
    ],
    ids=" ".join,
)
def test_wrong_usage(arguments: list[str], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the text names the flag or the file."""
    if arguments[:1] == ["up"]:
        arguments = [*arguments, "--data", str(tmp_path)]
    try:
        code: object = main(arguments)
    except SystemExit as ending:  # argparse's own way
        code = ending.code
    assert code == 2
    assert text in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_unknown_inventory_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The inventory's wrong key is named with its place."""
    (tmp_path / "inventory.yaml").write_text("datacenters: [{nam: DC0}]\n")
    assert main(["up", "--data", str(tmp_path / "d"), "--inventory", str(tmp_path / "inventory.yaml")]) == 2
    assert "unknown field `nam` - at `$.datacenters[0]`" in capsys.readouterr().err


def test_failure_to_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A kubeconfig that cannot be used ends the start with 1."""
    assert main(["up", "--data", str(tmp_path), "--kubeconfig", str(tmp_path / "missing")]) == 1
    assert f"cannot use the kubeconfig '{tmp_path / 'missing'}'" in capsys.readouterr().err


@pytest.mark.parametrize("found", [True, False], ids=["on the path", "elsewhere"])
def test_up_ends_its_start_with_the_next_commands(
    found: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """After the addresses come commands that a shell takes as they stand; stdout stays empty."""
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if found else None)
    monkeypatch.setattr(sys, "argv", ["/opt/own tools/fairlead"])

    def run_program(settings: Settings, body: Callable[[Program, asyncio.Event], Awaitable[int]]) -> int:
        program, ending = Program(settings), asyncio.Event()
        program.endpoints = {
            "api": "https://127.0.0.1:1",
            "kubeconfig": str(settings.folder / "kubeconfig"),
            "git": "http://127.0.0.1:2/fleet.git",
            "vcenter": {"url": "https://127.0.0.1:3/sdk", "username": "me", "password": "a b"},
        }
        ending.set()
        return asyncio.run(body(program, ending))  # type: ignore[arg-type]

    monkeypatch.setattr(up, "run_program", run_program)
    folder = tmp_path / "a lab"
    assert main(["up", "--data", str(folder)]) == 0
    output = capsys.readouterr()
    assert output.out == ""
    lines, me = output.err.splitlines(), "fairlead" if found else "'/opt/own tools/fairlead'"
    assert lines[: lines.index("")] == [
        "management API  https://127.0.0.1:1",
        f"kubeconfig      {folder}/kubeconfig",
        "Git             http://127.0.0.1:2/fleet.git",
        "vCenter         https://127.0.0.1:3/sdk  (user me)",
    ]
    assert lines[lines.index("") :] == [
        "",
        "In another shell:",
        f"  {me} status --watch --data '{folder}'",
        "  git clone http://127.0.0.1:2/fleet.git",
        f"  kubectl --kubeconfig '{folder}/kubeconfig' get clusters,machines -A",
        "  export GOVC_URL=https://127.0.0.1:3/sdk GOVC_USERNAME=me GOVC_PASSWORD='a b' GOVC_INSECURE=1",
        "  govc ls vm",
        "",
        "Stop with Ctrl-C.",
        "Stopping.",
    ]


def test_default_folder_needs_no_flag(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The client commands look into ~/.fairlead by themselves."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert up.next_steps(tmp_path / ".fairlead", "http://g", {})[2].endswith(" status --watch")


def test_password_of_a_given_vcenter_is_not_printed() -> None:
    """Of a vCenter that is not simulated there is nothing to export."""
    assert up.govc_steps({"url": "https://vc/sdk", "username": "me", "password": ""}) == []


@pytest.mark.parametrize(("flags", "code"), [([], 0), (["--exit-when-ready"], 130)], ids=["shown", "for a script"])
def test_demo_that_is_interrupted(flags: list[str], code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that waits for Ready must not take an interrupted demo for one."""
    monkeypatch.setattr(demo.Demo, "_until_ready", interrupt)
    assert main(["demo", "--boot-delay", "1m", *flags]) == code


async def interrupt(demo: object, *parts: object) -> list[object]:
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(0.05)
    return []


def test_a_second_interrupt_ends_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The first asks for an end in order, the second does not wait for it."""
    left: list[int] = []
    monkeypatch.setattr(os, "_exit", left.append)

    async def main() -> None:
        ending = asyncio.Event()
        up._end(ending)
        assert ending.is_set()
        assert left == []
        up._end(ending)

    asyncio.run(main())
    assert left == [130]
    assert capsys.readouterr().err == "Stopped at once.\n"


def test_demo_that_is_not_ready_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    """With --exit-when-ready it ends with 1 and says of each cluster what was being waited for."""
    assert main(["demo", "--exit-when-ready", "--timeout", "0"]) == 1
    error = capsys.readouterr().err
    assert "Not Ready within 0 s" in error
    assert "production/harbour: waiting for" in error
    assert "staging/skiff: waiting for" in error


def test_modules_are_loaded_when_their_command_is_given() -> None:
    """Every command of the table has a module, and tells of itself."""
    for name in OWN_COMMANDS:
        try:
            code: object = main([name, "--help"])
        except SystemExit as ending:  # argparse's own way
            code = ending.code
        assert code == 0
    assert "fairlead.cli.kustomize.main" in sys.modules


def test_program_can_be_stopped_before_it_started(tmp_path: Path) -> None:
    """Stopping what never started does nothing."""
    asyncio.run(Program(Settings(folder=tmp_path)).stop())
    assert list(tmp_path.iterdir()) == []
