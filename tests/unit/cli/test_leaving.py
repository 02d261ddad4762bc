"""How a process of the command line ends: everything is printed, and the exit code is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fairlead.cli.kustomize.main import build_folder

COMMAND = [sys.executable, "-m", "fairlead.cli.main", "kustomize", "build"]
ENVIRONMENT = {**os.environ, "FAIRLEAD_BUILD_CACHE": "off"}


def _overlay(folder: Path, objects: int) -> Path:
    maps = [f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m{at}\ndata:\n  k: v\n" for at in range(objects)]
    (folder / "all.yaml").write_text("---\n".join(maps))
    (folder / "kustomization.yaml").write_text("resources:\n- all.yaml\n")
    return folder


def test_all_of_a_long_output_arrives(tmp_path: Path) -> None:
    """More than a pipe holds is printed to its end."""
    folder = _overlay(tmp_path, 2000)
    done = subprocess.run([*COMMAND, str(folder)], capture_output=True, timeout=60, check=False, env=ENVIRONMENT)
    assert done.returncode == 0
    assert done.stdout.decode() == build_folder(str(folder)).to_text()


def test_a_failure_is_told(tmp_path: Path) -> None:
    """The message goes to standard error, the exit code is 1, nothing else is printed."""
    done = subprocess.run(
        [*COMMAND, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: unable to find one of 'kustomization.yaml'")


def test_a_reader_that_has_enough_is_no_crash(tmp_path: Path) -> None:
    """Where nobody reads on, as in `| head`, the process ends without a traceback."""
    folder = _overlay(tmp_path, 2)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as nowhere:
        done = subprocess.run(
            [*COMMAND, str(folder)], stdout=nowhere, stderr=subprocess.PIPE, timeout=60, check=False, env=ENVIRONMENT
        )
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full here")
@pytest.mark.parametrize("objects", [1, 2000])
def test_a_full_disk_is_told(objects: int, tmp_path: Path) -> None:
    """Output that does not fit is named, with exit code 1."""
    folder = _overlay(tmp_path, objects)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, str(folder)], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False, env=ENVIRONMENT
        )
    assert done.returncode == 1
    assert done.stderr == b"Error: write /dev/stdout: no space left on device\n"
