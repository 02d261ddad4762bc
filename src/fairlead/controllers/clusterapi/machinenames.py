"""Names of new machines, from the owner's name or its `machineNaming.template`.

Source: cluster-api v1.14, internal/topology/names/names.go. A name is at most 63 characters long; one that would be
longer is cut and gets a new random end.
"""

from fairlead.engines.gotemplate.builtins import BUILTINS
from fairlead.engines.gotemplate.template import Limits, Render, Source
from fairlead.runtime.ids import Ids

LONGEST = 63
RANDOM = 5
CUT = LONGEST - RANDOM
_LIMITS = Limits(steps=10_000, output_chars=16_384)


def generated_name(base: str, ids: Ids) -> tuple[str, str]:
    """*base* and a random end (`<base><random>`), and that end alone."""
    suffix = ids.suffix(RANDOM)
    return base[:CUT] + suffix, suffix


def machine_name(template: str, cluster: str, kind: str, owner: str, ids: Ids) -> str:
    """The name of a new machine; *kind* is what templates call the owner (`machineSet`, `kubeadmControlPlane`).

    Raises: ExecError, ParseError for a template that cannot be rendered.
    """
    if not template:
        return _fitting(f"{owner}-{ids.suffix(RANDOM)}", ids)
    data = {"cluster": {"name": cluster}, kind: {"name": owner}, "random": ids.suffix(RANDOM)}
    source = Source("template name generator", template, BUILTINS)
    render = Render(None, _LIMITS)
    render.add(source)
    return _fitting(render.execute(source.name, data), ids)


def _fitting(name: str, ids: Ids) -> str:
    return name if len(name) <= LONGEST else name[:CUT] + ids.suffix(RANDOM)
