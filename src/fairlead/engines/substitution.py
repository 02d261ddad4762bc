"""Variables in manifests, as Flux substitutes them after the build. Pure.

Source: fluxcd/pkg/envsubst (forms and defaults), kustomize-controller v1.9 (strict where a variable has no default).
"""

import re
from collections.abc import Mapping

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(r"\$\$\{|\$\{(" + _NAME + r")(?:(:?[-=+?]|//?|%%?|##?|\^\^?|,,?|:)([^}]*))?\}")


class SubstitutionError(ValueError):
    """A variable has no value; the text names it and its line."""


def substitute(text: str, variables: Mapping[str, str], *, strict: bool = True) -> str:
    """Replace `${VAR}` and its forms in *text*; `$${VAR}` stays as `${VAR}`. Raises: SubstitutionError when strict."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$${":
            return "${"
        name, operator, argument = match[1], match[2] or "", match[3] or ""
        if name in variables:
            return _shape(variables[name], operator, argument)
        if operator in (":=", "=", ":-", "-"):
            return argument
        if strict:
            line = text.count("\n", 0, match.start()) + 1
            raise SubstitutionError(
                f"variable not set (strict mode): {name!r} at line {line}; set it under spec.postBuild, give it a "
                f"default as ${{{name}:=value}}, or escape it as $${{{name}}}"
            )
        return ""

    return _TOKEN.sub(value, text)


def _shape(value: str, operator: str, argument: str) -> str:
    """Apply one of bash's string operators."""
    if operator in ("", ":=", "=", ":-", "-", ":?", "?"):
        return value if value or operator not in (":=", ":-") else argument
    if operator in (":+", "+"):
        return argument
    if operator in ("/", "//"):
        old, _, new = argument.partition("/")
        return value.replace(old, new, 1 if operator == "/" else -1) if old else value
    if operator in ("#", "##"):
        return value.removeprefix(argument)
    if operator in ("%", "%%"):
        return value.removesuffix(argument)
    if operator == "^^":
        return value.upper()
    if operator == "^":
        return value[:1].upper() + value[1:]
    if operator == ",,":
        return value.lower()
    if operator == ",":
        return value[:1].lower() + value[1:]
    start, _, length = argument.partition(":")
    if not start.strip().isdigit():
        return value
    begin = int(start)
    return value[begin : begin + int(length)] if length.strip().isdigit() else value[begin:]
