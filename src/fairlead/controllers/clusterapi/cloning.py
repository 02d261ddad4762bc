"""Machines from templates: the bootstrap and infrastructure objects that every new Machine gets.

Source: cluster-api v1.14 controllers/external/util.go (GenerateTemplate), core and KubeadmControlPlane helpers.
"""

from collections.abc import Mapping

from fairlead.base.objects import Json, annotations, copy, get_in, labels
from fairlead.controllers.contract import reference_to

CLONED_NAME = "cluster.x-k8s.io/cloned-from-name"
CLONED_KIND = "cluster.x-k8s.io/cloned-from-groupkind"


def from_template(
    template: Json, *, name: str, owner: Json, more_labels: Mapping[str, str], more_annotations: Mapping[str, str]
) -> Json:
    """The object that *template* describes (its kind without `Template`), owned by *owner*, not as controller."""
    content = get_in(template, "spec", "template", default={})
    group = template["apiVersion"].rpartition("/")[0]
    return {
        "apiVersion": template["apiVersion"],
        "kind": template["kind"].removesuffix("Template"),
        "metadata": {
            "name": name,
            "namespace": template["metadata"]["namespace"],
            "labels": {**labels(content), **more_labels},
            "annotations": {
                **annotations(content),
                **more_annotations,
                CLONED_NAME: template["metadata"]["name"],
                CLONED_KIND: f"{template['kind']}.{group}",
            },
            "ownerReferences": [reference_to(owner)],
        },
        "spec": copy(content.get("spec") or {}),
    }


def contract_reference(obj: Json) -> Json:
    """A reference to *obj* in contract form."""
    group = obj["apiVersion"].rpartition("/")[0]
    return {"apiGroup": group, "kind": obj["kind"], "name": obj["metadata"]["name"]}
