"""The name of a machine's VSphereVM or VirtualMachine, from `spec.naming.template`.

Source: cluster-api-provider-vsphere v1.17, pkg/util/template.go: `trimSuffix` and `trunc` are all the functions there
are beside Go's own; a longer name is cut at 63 characters.
"""

import re

LONGEST = 63
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    r"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)


class MachineNameError(Exception):
    """The template gives no name."""


def vm_name(machine: str, template: str = "") -> str:
    """The name of the VM of the Machine *machine*. Raises: MachineNameError."""
    if not template:
        return machine
    name = _render(machine, template)[:LONGEST]
    if not _SUBDOMAIN.match(name):
        raise MachineNameError(
            "invalid VirtualMachine name template, generated name is not a valid Kubernetes object name: "
            f"{_SUBDOMAIN_TEXT}"
        )
    return name


def _render(machine: str, template: str) -> str:
    from fairlead.engines.gotemplate.builtins import BUILTINS
    from fairlead.engines.gotemplate.errors import TemplateError
    from fairlead.engines.gotemplate.template import Limits, Render, Source
    from fairlead.engines.helm.functions.table import FUNCTIONS

    functions = {**BUILTINS, **{name: FUNCTIONS[name] for name in ("trimSuffix", "trunc")}}
    try:
        source = Source("name generator", template, functions)
        render = Render(None, Limits(steps=10_000, output_chars=16_384))
        render.add(source)
        return render.execute(source.name, {"machine": {"name": machine}})
    except TemplateError as error:
        raise MachineNameError(f"invalid VirtualMachine name template: {error}") from error
