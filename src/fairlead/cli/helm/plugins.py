"""Post-renderers: plugins of the type `postrenderer/v1` that run a program.

Source: Helm v4.3 internal/plugin (loader.go, runtime_subprocess.go, subprocess_commands.go), pkg/postrenderer.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from fairlead.base import yaml
from fairlead.base.patterns import late
from fairlead.cli.helm import paths as helm_paths
from fairlead.engines.gotemplate.strconv import quote
from fairlead.engines.helm.errors import HelmError, RenderError

TYPE = "postrenderer/v1"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class PostRenderer:
    """A plugin that manifests go through."""

    def __init__(self, name: str, folder: Path, commands: list[Any], arguments: list[str]) -> None:
        self.name = name
        self._folder = folder
        self._commands = commands
        self._arguments = arguments

    def __call__(self, text: str) -> str:
        """Return what the plugin makes of *text*.

        Raises:
            RenderError: in Helm's words.
        """
        try:
            done = subprocess.run(
                self._command(),
                input=text.encode("utf-8", "surrogateescape"),
                capture_output=True,
                env={**os.environ, **self._variables()},
                check=False,
            )
        except OSError as error:
            if isinstance(error, FileNotFoundError) and "/" not in str(error.filename):
                raise self._failed(f"exec: {quote(str(error.filename))}: executable file not found in $PATH") from error
            raise self._failed(f"fork/exec {error.filename}: {(error.strerror or '').lower()}") from error
        if done.returncode:
            told = done.stderr.decode("utf-8", "replace").strip()
            problem = self._failed(f"plugin {quote(self.name)} exited with error")
            problem.hint = f"it ended with {done.returncode}" + (f" and said: {told}" if told else "")
            raise problem
        if not done.stdout.strip():
            raise RenderError(
                f"error while running post render on files: post-renderer {quote(self.name)} produced empty output"
            )
        return done.stdout.decode("utf-8", "surrogateescape")

    def _failed(self, why: str) -> RenderError:
        return RenderError(
            f"error while running post render on files: failed to invoke post-renderer plugin {quote(self.name)}: {why}"
        )

    def _variables(self) -> dict[str, str]:
        return {"HELM_PLUGIN_NAME": self.name, "HELM_PLUGIN_DIR": str(self._folder)}

    def _command(self) -> list[str]:
        """Return the command for this machine: the one that names system and architecture, the system, or neither."""
        system, machine = sys.platform, _ARCHITECTURES.get(platform.machine(), platform.machine())
        for wanted in ((system, machine), (system, ""), ("", "")):
            for item in self._commands:
                named = (str(item.get("os") or "").lower(), str(item.get("arch") or "").lower())
                if named == wanted and item.get("command"):
                    return self._expanded(item)
        raise self._failed("failed to prepare plugin command: no plugin command is applicable")

    def _expanded(self, item: dict[str, Any]) -> list[str]:
        variables = {**os.environ, **self._variables()}
        words = [*str(item["command"]).split(" "), *map(str, item.get("args") or ())]
        return [*(expand(word, variables) for word in words), *self._arguments]


_VARIABLE = late(r"\$(?:\{(\w+|[*#$@!?-])\}|(\d|[*#$@!?-]|[A-Za-z_]\w*)|(\{[^}]*\}?))")
_NAME = late(r"[\w-]+")


def expand(text: str, variables: dict[str, str]) -> str:
    """Return *text* with its variables replaced as Go's os.Expand does: one that is not set is empty."""
    return _VARIABLE.sub(lambda found: variables.get(found[1] or found[2] or "", ""), text)


def _complaint(content: dict[str, Any]) -> str:
    """Return what is wrong with a plugin's description, "" when nothing is."""
    from fairlead.engines.semver import is_version

    version, api_version = str(content.get("version") or ""), str(content.get("apiVersion") or "")
    if api_version != "v1":
        return f"invalid plugin apiVersion: {quote(api_version)}" if api_version else ""
    if not _NAME.fullmatch(str(content.get("name") or "")):
        return "invalid plugin `name`"
    if not version:
        return "plugin `version` is required"
    return "" if is_version(version) else f"invalid plugin `version` {quote(version)}: must be valid semver"


def _warn(path: Path, why: str) -> None:
    print(f'level=WARN msg="failed to load plugin (ignoring)" plugin_yaml={path} error={quote(why)}', file=sys.stderr)


def find_post_renderer(name: str, arguments: list[str]) -> PostRenderer:
    """Return the plugin called *name*.

    Raises:
        HelmError: there is none.
    """
    for folder in (os.environ.get("HELM_PLUGINS") or helm_paths.data("plugins")).split(os.pathsep):
        for path in sorted(Path(folder).glob("*/plugin.yaml")):
            try:
                content = yaml.load(path.read_bytes(), source=str(path))
            except (OSError, yaml.YamlError) as error:
                _warn(path, str(error))
                continue
            if isinstance(content, dict) and (complaint := _complaint(content)):
                _warn(path, f"failed to load plugin {quote(str(path.parent))}: {complaint}")
                continue
            if (
                not isinstance(content, dict)
                or content.get("apiVersion") != "v1"
                or content.get("type") != TYPE
                or content.get("name") != name
            ):
                continue
            if content.get("runtime") != "subprocess":
                raise HelmError(
                    f"cannot run the plugin {quote(name)}: its runtime is {quote(str(content.get('runtime')))}",
                    file=str(path),
                    hint="plugins of the runtime subprocess are run",
                )
            runtime = content.get("runtimeConfig")
            commands = runtime.get("platformCommand") if isinstance(runtime, dict) else None
            found = [item for item in commands or () if isinstance(item, dict)]
            return PostRenderer(name, path.parent, found, arguments)
    raise HelmError(
        f'invalid argument {quote(name)} for "--post-renderer" flag: plugin: {{Name:{name} Type:{TYPE}}} not found',
        hint="a program is a post-renderer when a plugin.yaml of this type names it, in a folder below $HELM_PLUGINS",
    )
