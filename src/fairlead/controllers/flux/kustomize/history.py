"""What a Kustomization went through: `status.history`, the newest first. Pure.

Source: fluxcd/pkg/apis/meta history.go (same digest and status count together, five are kept).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from fairlead.base.objects import Json
from fairlead.controllers.flux.reporting import go_duration
from fairlead.runtime.clock import timestamp

KEPT = 5


def recorded(
    history: Sequence[Json], digest: str, status: str, metadata: Mapping[str, str], *, now: datetime, seconds: float
) -> list[Json]:
    """*history* with one more reconciliation of the build *digest* that ended in *status*."""
    known = next((e for e in history if e["digest"] == digest and e["lastReconciledStatus"] == status), None)
    entry: Json = {
        "digest": digest,
        "firstReconciled": known["firstReconciled"] if known is not None else timestamp(now),
        "lastReconciled": timestamp(now),
        "lastReconciledDuration": go_duration(seconds),
        "lastReconciledStatus": status,
        "metadata": dict(metadata),
        "totalReconciliations": (known["totalReconciliations"] if known is not None else 0) + 1,
    }
    return [entry, *(other for other in history if other is not known)][:KEPT]
