"""``fairlead helm``: template, lint, show, package, pull and dependency.

Flags, output and exit codes are helm's (4.3). The commands are in modules of
their own (helm_*.py), imported when they run; this one has their flags and
what they share: reading charts and values from files.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence
    from typing import Any

_COMMANDS = {
    "template": "fairlead.cli.helm_template",
    "lint": "fairlead.cli.helm_charts:lint",
    "show": "fairlead.cli.helm_charts:show",
    "inspect": "fairlead.cli.helm_charts:show",
    "package": "fairlead.cli.helm_charts:package",
    "pull": "fairlead.cli.helm_charts:pull",
    "fetch": "fairlead.cli.helm_charts:pull",
    "dependency": "fairlead.cli.helm_dependency",
    "dep": "fairlead.cli.helm_dependency",
    "dependencies": "fairlead.cli.helm_dependency",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands and their flags."""
    commands = parser.add_subparsers(dest="helm_command", metavar="COMMAND")
    # Flags of commands that the command line does not name are left out: making them takes as long as a render.
    named = [name for name in _COMMANDS if name in sys.argv[1:4]] or list(_COMMANDS)
    for name, text, add in (
        ("template", "locally render templates", _add_template_flags),
        ("lint", "examine a chart for possible issues", _add_lint_flags),
        ("show", "show information of a chart", _add_show_flags),
        ("inspect", None, _add_show_flags),
        ("package", "package a chart directory into a chart archive", _add_package_flags),
        ("pull", "download a chart from a repository", _add_pull_flags),
        ("fetch", None, _add_pull_flags),
        ("dependency", "manage a chart's dependencies", _add_dependency_flags),
        ("dep", None, _add_dependency_flags),
        ("dependencies", None, _add_dependency_flags),
    ):
        if name in named or text is not None:
            command = _add_command(commands, name, text)
            if name in named:
                add(command)


def _add_command(commands: Any, name: str, text: str | None) -> argparse.ArgumentParser:
    """Add a command; one without a text is a second name, which the help leaves out."""
    hidden = {} if text is None else {"help": text}
    added: argparse.ArgumentParser = commands.add_parser(name, allow_abbrev=False, **hidden)
    return added


def _add_values_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-f",
        "--values",
        action="append",
        default=[],
        metavar="FILE",
        dest="value_files",
        help="values in a YAML file (may be given several times, or as a list with commas)",
    )
    for flag, text in (
        ("--set", "values as key=value"),
        ("--set-string", "values as key=value, kept as text"),
        ("--set-json", "values as key=JSON, or as one JSON object"),
        ("--set-file", "values as key=path of the file that has the text"),
        ("--set-literal", "a value as key=text, nothing in the text is special"),
    ):
        parser.add_argument(flag, action="append", default=[], metavar="KEY=VALUE", help=text)


def _add_template_flags(parser: argparse.ArgumentParser) -> None:
    import argparse

    from fairlead.cli.helm_flags import add_repository_flags, spell_out_values

    spell_out_values(parser)
    _add_values_flags(parser)
    parser.add_argument("args", nargs="+", metavar="[NAME] CHART")
    parser.add_argument("-n", "--namespace", default=os.environ.get("HELM_NAMESPACE") or "default")
    parser.add_argument("-s", "--show-only", action="append", default=[], metavar="TEMPLATE")
    parser.add_argument("-a", "--api-versions", action="append", default=[], metavar="VERSIONS")
    parser.add_argument("--kube-version", default="")
    parser.add_argument("--name-template", default="", help="template for the release's name")
    parser.add_argument("--output-dir", default="", help="write each template's output to a file below this folder")
    parser.add_argument("--post-renderer", default="", metavar="PROGRAM", help="program to run the manifests through")
    parser.add_argument("--post-renderer-args", action="append", default=[], metavar="ARG")
    parser.add_argument("--kubeconfig", default="", help="for --dry-run=server: how to reach the API")
    parser.add_argument("--kube-context", default="")
    parser.add_argument(
        "--source-map", default="", metavar="FILE", help="write where each output line comes from, as JSON"
    )
    parser.add_argument("--dry-run", nargs="?", const="client", default="", metavar="client|server")
    for flag, text in (
        ("--include-crds", "put the CRDs first"),
        ("--skip-tests", "leave test hooks out"),
        ("--no-hooks", "leave hooks out"),
        ("--is-upgrade", "set .Release.IsUpgrade instead of .Release.IsInstall"),
        ("--skip-schema-validation", "do not check values against values.schema.json"),
        ("--release-name", "use the release's name in --output-dir"),
        ("--dependency-update", "update missing dependencies first"),
        ("--validate", "deprecated: the same as --dry-run=server"),
        ("--debug", "print output that is no YAML, too"),
        ("-g", "accepted, as helm does; has no effect"),
    ):
        names = (flag, "--generate-name") if flag == "-g" else (flag,)
        parser.add_argument(*names, action="store_true", help=text)
    for flag in (
        "--enable-dns",
        "--skip-crds",
        "--hide-notes",
        "--render-subchart-notes",
        "--replace",
        "--create-namespace",
        "--disable-openapi-validation",
        "--wait-for-jobs",
        "--rollback-on-failure",
        "--atomic",
        "--force",
        "--force-replace",
        "--force-conflicts",
        "--take-ownership",
        "--hide-secret",
    ):
        parser.add_argument(flag, action="store_true", help=argparse.SUPPRESS)
    for flag in ("--timeout", "--description", "--wait", "--server-side", "--labels", "-l"):
        parser.add_argument(flag, nargs="?", const="true", default="", help=argparse.SUPPRESS)
    add_repository_flags(parser)


def _add_lint_flags(parser: argparse.ArgumentParser) -> None:
    import argparse

    parser.add_argument("charts", nargs="+", metavar="PATH")
    _add_values_flags(parser)
    parser.add_argument("-n", "--namespace", default=os.environ.get("HELM_NAMESPACE") or "default")
    parser.add_argument("--kube-version", default="")
    for flag, text in (
        ("--strict", "fail on warnings"),
        ("--with-subcharts", "lint the charts in charts/, too"),
        ("--quiet", "print only warnings and errors"),
        ("--skip-schema-validation", "do not check values against values.schema.json"),
        ("--debug", None),
    ):
        parser.add_argument(flag, action="store_true", help=text or argparse.SUPPRESS)


def _add_show_flags(parser: argparse.ArgumentParser) -> None:
    from fairlead.cli.helm_flags import add_repository_flags

    parser.add_argument("what", choices=("all", "chart", "values", "readme", "crds"))
    parser.add_argument("chart")
    parser.add_argument("--jsonpath", default="", help="for values: a JSONPath expression to filter with")
    add_repository_flags(parser)


def _add_package_flags(parser: argparse.ArgumentParser) -> None:
    import argparse

    from fairlead.cli.helm_flags import add_repository_flags

    parser.add_argument("charts", nargs="*", metavar="CHART")
    parser.add_argument("-d", "--destination", default=".", help="folder to write the archive to")
    parser.add_argument("--version", dest="set_version", default="", help="version to give the chart")
    parser.add_argument("--app-version", default="", help="appVersion to give the chart")
    parser.add_argument("-u", "--dependency-update", action="store_true", help="update dependencies first")
    parser.add_argument("--sign", action="store_true", help="sign the archive (not supported: refused)")
    for flag in ("--key", "--passphrase-file"):
        parser.add_argument(flag, default="", help=argparse.SUPPRESS)
    add_repository_flags(parser, versions=False)


def _add_pull_flags(parser: argparse.ArgumentParser) -> None:
    from fairlead.cli.helm_flags import add_repository_flags

    parser.add_argument("charts", nargs="+", metavar="CHART")
    parser.add_argument("-d", "--destination", default=".", help="folder to write the chart to")
    parser.add_argument("--untar", action="store_true", help="unpack the chart")
    parser.add_argument("--untardir", default=".", help="folder to unpack to, below the destination")
    parser.add_argument("--prov", action="store_true", help="fetch the provenance file, too")
    add_repository_flags(parser)


def _add_dependency_flags(parser: argparse.ArgumentParser) -> None:
    import argparse

    from fairlead.cli.helm_flags import add_repository_flags

    commands = parser.add_subparsers(dest="dependency_command", metavar="COMMAND")
    for name, text in (
        ("list", "list the dependencies of a chart"),
        ("update", "update charts/ based on Chart.yaml"),
        ("build", "rebuild charts/ based on Chart.lock"),
        ("ls", None),
        ("up", None),
    ):
        command = _add_command(commands, name, text)
        command.add_argument("chart", nargs="?", default=".")
        command.add_argument("--max-col-width", type=int, default=80, help=argparse.SUPPRESS)
        command.add_argument("--skip-refresh", action="store_true", help="do not fetch the known repositories' indexes")
        add_repository_flags(command, versions=False)


def run(args: argparse.Namespace) -> int:
    """Run the subcommand; return the exit code."""
    place = _COMMANDS.get(args.helm_command or "")
    if place is None:
        print("Error: no subcommand given; see fairlead helm --help", file=sys.stderr)
        return 2
    from fairlead.engines.helm.errors import HelmError, ManifestError, RenderError

    module, _, function = place.partition(":")
    __import__(module)
    handler: Callable[[Any], int] = getattr(sys.modules[module], function or "run")
    try:
        return handler(args)
    except HelmError as error:
        text = f"Error: {error}"
        if isinstance(error, RenderError | ManifestError):
            if getattr(args, "debug", False):
                if isinstance(error, ManifestError):
                    print(error.partial.strip())
            else:
                text += "\n\nUse --debug flag to render out invalid YAML"
        print(text, file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1


# Charts and values from files.


def modified_below(path: str) -> Callable[[str], float]:
    """Return what gives the time of a file below *path*: SOURCE_DATE_EPOCH, or when it was changed last."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")

    def modified(name: str) -> float:
        if fixed:
            return float(fixed)
        try:
            return os.stat(os.path.join(path, name)).st_mtime
        except OSError:
            return os.stat(path).st_mtime

    return modified


def locate(name: str, args: argparse.Namespace) -> Any:
    """Return the chart that *name* means: a path, a URL, or a chart in a repository (Helm: LocateChart)."""
    return find(name, args)()


def find(name: str, args: argparse.Namespace, *, detect: bool = False) -> Callable[[], Any]:
    """Return what loads the chart that *name* means, once it is known to be there; *detect* as in `load_archive`."""
    name = name.strip()
    if not args.repo:
        if os.path.exists(name):
            from fairlead.cli.helm_files import load

            return lambda: load(name, detect=detect)
        if os.path.isabs(name) or name.startswith("."):
            from fairlead.engines.gotemplate.strconv import quote
            from fairlead.engines.helm.errors import ChartError

            raise ChartError(f"path {quote(name)} not found")
    from fairlead.cli.helm_repositories import download
    from fairlead.engines.helm.chart import load_archive

    _, data = download(name, args)
    return lambda: load_archive(data, detect=detect)


def gather_values(args: argparse.Namespace, sources: list[tuple[str, bytes]]) -> dict[str, Any]:
    """Return the values that the flags give; the files read are added to *sources*."""
    from fairlead.engines.helm.chart import load_values, merge_maps
    from fairlead.engines.helm.errors import ChartError, ValuesError

    values: dict[str, Any] = {}
    for given in args.value_files:
        for path in given.split(","):
            data = _read(path)
            sources.append((path, data))
            try:
                values = merge_maps(values, load_values(data, path))
            except ChartError as error:
                raise ValuesError(f"failed to parse {path}: {error}", file=path, line=error.line) from error
    if args.set_json or args.set or args.set_string or args.set_file or args.set_literal:
        from fairlead.engines.helm import strvals

        for text in args.set_json:
            values = strvals.parse_set_json(text, values)
        for text in args.set:
            strvals.parse_set(text, values)
        for text in args.set_string:
            strvals.parse_set_string(text, values)
        for text in args.set_file:
            try:
                strvals.parse_set_file(text, values, lambda path: _read(path).decode("utf-8", "surrogateescape"))
            except ValuesError as error:
                lead = "failed parsing --set-file data: "
                raise ValuesError(lead + str(error).removeprefix(lead), file=error.file) from error
        for text in args.set_literal:
            strvals.parse_set_literal(text, values)
    return values


def _read(path: str) -> bytes:
    from fairlead.engines.helm.errors import ValuesError

    if path.strip() == "-":
        return sys.stdin.buffer.read()
    if path.startswith(("http://", "https://")):
        from fairlead.cli.helm_repositories import Repository

        return Repository(path).get(path)
    try:
        with open(path, "rb") as handle:
            return handle.read()
    except OSError as error:
        raise ValuesError(f"open {path}: {(error.strerror or '').lower()}", file=path) from error


def table(rows: Sequence[Sequence[str]], limit: int) -> str:
    """Return *rows* as Helm's tables: columns padded with spaces and followed by a tab; long cells are cut."""
    cut = [[cell if len(cell) <= limit else cell[: max(limit - 3, 0)] + "..." for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cut) for column in range(len(cut[0]))]
    return "\n".join("\t".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cut)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``fairlead helm`` by itself."""
    import argparse

    parser = argparse.ArgumentParser(prog="fairlead helm")
    configure(parser)
    return run(parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
