"""The flags about where a chart comes from, which most helm commands share."""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import argparse
    from typing import Any


# What these are when they stand alone: as with helm, a value follows them after "=", never as the next word.
OPTIONAL_VALUES = {"--dry-run": "client", "--wait": "true", "--server-side": "true"}


def spell_out_values(parser: argparse.ArgumentParser) -> None:
    """Let *parser* take a flag of OPTIONAL_VALUES without taking the word after it."""
    parse = parser.parse_known_args

    def parse_known_args(args: Any = None, namespace: Any = None) -> Any:
        words = [f"{word}={OPTIONAL_VALUES[word]}" if word in OPTIONAL_VALUES else word for word in args or ()]
        return parse(words, namespace)

    parser.parse_known_args = parse_known_args  # type: ignore[method-assign]


def add_repository_flags(parser: argparse.ArgumentParser, *, versions: bool = True) -> None:
    """Add helm's flags for repositories; with *versions*, those that choose a chart in one."""
    import argparse

    if versions:
        parser.add_argument("--repo", default="", metavar="URL", help="chart repository in which to find the chart")
        parser.add_argument("--version", default="", metavar="RANGE", help="version or range of versions to use")
        parser.add_argument("--devel", action="store_true", help="prereleases too: the same as --version '>0.0.0-0'")
        parser.add_argument("--pass-credentials", action="store_true", help="pass credentials to all hosts")
    for flag, text in (
        ("--username", "user at the chart repository"),
        ("--password", "password at the chart repository"),
        ("--ca-file", "certificates to verify the repository with"),
        ("--cert-file", "client certificate"),
        ("--key-file", "key of the client certificate"),
        ("--repository-config", "file of the known repositories"),
        ("--keyring", argparse.SUPPRESS),
        ("--repository-cache", argparse.SUPPRESS),
        ("--registry-config", argparse.SUPPRESS),
        ("--content-cache", argparse.SUPPRESS),
        ("--burst-limit", argparse.SUPPRESS),
        ("--qps", argparse.SUPPRESS),
        ("--color", argparse.SUPPRESS),
        ("--colour", argparse.SUPPRESS),
    ):
        parser.add_argument(flag, default="", help=text)
    for flag, text in (
        ("--insecure-skip-tls-verify", "do not verify the repository's certificate"),
        ("--plain-http", argparse.SUPPRESS),
        ("--verify", "verify the chart's signature (not supported: refused)"),
    ):
        parser.add_argument(flag, action="store_true", help=text)
