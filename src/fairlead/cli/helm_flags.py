"""The flags about where a chart comes from, which most helm commands share."""

from __future__ import annotations

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    import argparse


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
    ):
        parser.add_argument(flag, default="", help=text)
    for flag, text in (
        ("--insecure-skip-tls-verify", "do not verify the repository's certificate"),
        ("--plain-http", argparse.SUPPRESS),
        ("--verify", "verify the chart's signature (not supported: refused)"),
    ):
        parser.add_argument(flag, action="store_true", help=text)
