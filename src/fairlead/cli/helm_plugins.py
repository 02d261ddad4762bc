"""Post-renderers: plugins of the type `postrenderer/v1` that run a program.

Source: Helm v4.3 internal/plugin (loader.go, runtime_subprocess.go, subprocess_commands.go), pkg/postrenderer.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any

from fairlead.base import yaml
from fairlead.cli import helm_paths
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
        """Return the command for this machine: the one that names system and architecture, or less of them."""
        system, machine = sys.platform, _ARCHITECTURES.get(platform.machine(), platform.machine())
        for wanted in ((system, machine), (system, ""), ("", machine), ("", "")):
            for item in self._commands:
                if (item.get("os") or "", item.get("arch") or "") == wanted:
                    return self._expanded(item)
        raise self._failed("failed to prepare plugin command: no plugin command is applicable")

    def _expanded(self, item: dict[str, Any]) -> list[str]:
        variables = {**os.environ, **self._variables()}
        words = [*str(item.get("command") or "").split(" "), *map(str, item.get("args") or ())]
        return [*(Template(word).safe_substitute(variables) for word in words), *self._arguments]


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
                print(
                    f'level=WARN msg="failed to load plugin (ignoring)" plugin_yaml={path} error={quote(str(error))}',
                    file=sys.stderr,
                )
                continue
            if not isinstance(content, dict) or content.get("type") != TYPE or content.get("name") != name:
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
