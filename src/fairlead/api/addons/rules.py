"""What upstream's admission webhooks fill in and refuse, for ClusterResourceSet.

Source: cluster-api v1.14, core/webhooks/admission/clusterresourceset.go.
"""

from collections.abc import Sequence

from fairlead.api.kind import Admission, Problem
from fairlead.api.problems import invalid
from fairlead.base.objects import Json, get_in, replace_in
from fairlead.engines.selectors import SelectorError, label_selector


def default_resource_set(admission: Admission) -> Json:
    if get_in(admission.new, "spec", "strategy"):
        return admission.new
    return replace_in(admission.new, ("spec", "strategy"), "ApplyOnce")


def validate_resource_set(admission: Admission) -> Sequence[Problem]:
    selector = get_in(admission.new, "spec", "clusterSelector", default={})
    problems: list[Problem] = []
    try:
        if label_selector(selector).is_everything:
            problems.append(invalid("spec.clusterSelector", selector, "selector must not be empty"))
    except SelectorError as error:
        problems.append(invalid("spec.clusterSelector", selector, str(error)))
    old = admission.old
    if old is not None:
        for field in ("strategy", "clusterSelector"):
            before, after = get_in(old, "spec", field), get_in(admission.new, "spec", field)
            if before is not None and before != after:
                problems.append(invalid(f"spec.{field}", after, "field is immutable"))
    return problems
