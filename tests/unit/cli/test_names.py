"""How the program is called."""

import subprocess
import sys

import pytest

from fairlead.cli.up import own_name


def test_module_is_the_command() -> None:
    """`python -m fairlead` is `fairlead`."""
    done = subprocess.run([sys.executable, "-m", "fairlead", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("fairlead ")


@pytest.mark.parametrize(
    ("called", "installed", "name"),
    [
        pytest.param("/x/bin/fairlead", True, "fairlead", id="on-the-path"),
        pytest.param("/x/bin/fairlead", False, "/x/bin/fairlead", id="by-path"),
        pytest.param("/x/fairlead/__main__.py", False, "/x/python -m fairlead", id="module"),
    ],
)
def test_own_name(called: str, installed: bool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands that `up` names can be typed as they stand."""
    monkeypatch.setattr("shutil.which", lambda _: "/somewhere" if installed else None)
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setattr(sys, "executable", "/x/python")
    assert own_name() == name
