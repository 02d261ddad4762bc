"""ProviderServiceAccount: an account on the supervisor for something that runs in a workload cluster.

Source: cluster-api-provider-vsphere v1.17, api/supervisor/v1beta2.
"""

from typing import Annotated

from msgspec import field

from fairlead.api.model import Doc, Extra, Meta, Model, Resource

Texts = Annotated[tuple[str, ...], Extra(list_type="atomic")]


class ClusterRef(Model):
    """The VSphereCluster it is for."""

    api_version: Annotated[str, Doc("Its API version.")] = ""
    field_path: Annotated[str, Doc("Not used.")] = ""
    kind: Annotated[str, Doc("Its kind.")] = ""
    name: Annotated[str, Doc("Its name.")] = ""
    namespace: Annotated[str, Doc("Its namespace.")] = ""
    resource_version: Annotated[str, Doc("Not used.")] = ""
    uid: Annotated[str, Doc("Its identity.")] = ""


class Rule(Model):
    """What the account may do."""

    verbs: Annotated[Texts, Doc("What it may do.")]
    api_groups: Annotated[Texts, Doc("In which API groups.")] = ()
    non_resource_urls: Annotated[Texts, Doc("Which paths it may use.")] = field(name="nonResourceURLs", default=())
    resource_names: Annotated[Texts, Doc("To which objects.")] = ()
    resources: Annotated[Texts, Doc("To which resources.")] = ()


class ProviderServiceAccountSpec(Model):
    """What a ProviderServiceAccount asks for."""

    ref: Annotated[ClusterRef, Doc("The VSphereCluster it is for."), Extra(map_type="atomic")]
    rules: Annotated[tuple[Rule, ...], Doc("What the account may do."), Extra(max_items=1024, list_type="atomic")]
    target_namespace: Annotated[
        str, Doc("Namespace of the Secret in the workload cluster."), Meta(min_length=1, max_length=63)
    ]
    target_secret_name: Annotated[
        str, Doc("Name of the Secret in the workload cluster."), Meta(min_length=1, max_length=253)
    ]


class ProviderServiceAccount(Resource, kw_only=True):
    """An account on the supervisor for something that runs in a workload cluster."""

    spec: Annotated[ProviderServiceAccountSpec, Doc("What is asked for.")]
