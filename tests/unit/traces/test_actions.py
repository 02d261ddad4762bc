"""What users did is read from the rows."""

from fairlead.testing.traces.actions import Apply, Delete, DestroyVM, Patch, actions_of
from fairlead.testing.traces.applying import applied_part, extract, with_credentials
from fairlead.testing.traces.reading import Id

from .rows import NAMESPACE, going, obj, owned_by, trace


def test_fields_of_users_are_taken_out() -> None:
    """Keyed and set lists are cut to the owned entries, an atomic value is taken whole."""
    value = {"list": [{"name": "a", "v": 1}, {"name": "b", "v": 2}], "set": ["x", "y"], "whole": {"p": [1]}, "no": 1}
    fields = {
        "f:list": {'k:{"name":"b"}': {".": {}, "f:name": {}}},
        "f:set": {'v:"y"': {}},
        "f:whole": {},
        "f:absent": {},
    }
    assert extract(value, fields) == {"list": [{"name": "b"}], "set": ["y"], "whole": {"p": [1]}}


def test_controllers_fields_are_not_users() -> None:
    """What a controller alone wrote was applied by nobody; status entries never count."""
    assert applied_part(obj("Machine", "a", spec={"x": 1}, by="capi-machineset")) is None
    mixed = obj("Cluster", "demo", spec={"x": 1}, by="kubectl")
    mixed["metadata"]["managedFields"].append({"manager": "by-hand", "subresource": "status", "fieldsV1": {}})
    assert applied_part(mixed) == {
        "apiVersion": mixed["apiVersion"],
        "kind": "Cluster",
        "metadata": {"name": "demo", "namespace": NAMESPACE},
        "spec": {"x": 1},
    }


def test_who_wrote_in_another_version_wrote_what_no_controller_did() -> None:
    """The names of v1beta1's fields do not fit the recorded object."""
    made = obj("Cluster", "demo", spec={"ref": {"name": "x"}, "endpoint": {"host": "h"}}, by="kubectl")
    made["metadata"]["labels"] = {"mine": "1", "added": "2"}
    made["metadata"]["managedFields"] = [
        {**owned_by("kubectl", made), "apiVersion": "cluster.x-k8s.io/v1beta1", "fieldsV1": {"f:spec": {"f:old": {}}}},
        {
            "manager": "capi",
            "operation": "Update",
            "apiVersion": made["apiVersion"],
            "fieldsV1": {
                "f:spec": {"f:endpoint": {".": {}, "f:host": {}}},
                "f:metadata": {"f:labels": {".": {}, "f:added": {}}},
            },
        },
    ]
    part = applied_part(made)
    assert part is not None
    assert part["spec"] == {"ref": {"name": "x"}}
    assert part["metadata"]["labels"] == {"mine": "1"}


def test_a_defaulted_selector_is_empty_again() -> None:
    """A webhook filled the selector; its labels are not in the template that the user gave."""
    spec = {"selector": {"matchLabels": {"added": "by-webhook"}}, "template": {"spec": {}}}
    part = applied_part(obj("MachineDeployment", "md", spec=spec, by="kubectl"))
    assert part is not None
    assert part["spec"]["selector"] == {"matchLabels": {}}


def test_credentials_take_the_place_of_sizes() -> None:
    """A recorded Secret has no values to log in with."""
    secret = obj("Secret", "demo", data={"username": "<redacted, 4 bytes>", "other": "<redacted, 1 bytes>"})
    filled = with_credentials(secret, "me", "mine")
    assert filled["stringData"] == {"username": "me", "other": "<redacted, 1 bytes>"}
    assert "data" not in filled


def test_apply_patch_and_what_controllers_do() -> None:
    """A new object with a user's fields, then a change by a user; a controller's change is none."""
    first = obj("MachineDeployment", "md", spec={"replicas": 1, "paused": False}, by="kubectl")
    told = {**first, "status": {"phase": "Running"}}
    scaled = obj("MachineDeployment", "md", spec={"replicas": 3, "paused": False}, by="kubectl")
    scaled["metadata"]["managedFields"] = [owned_by("kubectl", scaled, time="2026-01-01T00:00:05Z")]
    made = trace((0.1, "ADDED", first), (1, "MODIFIED", told), (5, "MODIFIED", scaled))
    apply, patch = actions_of(made)
    assert isinstance(apply, Apply)
    assert (apply.t, apply.object["spec"]["replicas"], apply.manager) == (0.1, 1, "kubectl")
    assert isinstance(patch, Patch)
    assert (patch.t, patch.body) == (5, {"spec": {"replicas": 3}})


def test_only_a_deletion_that_nothing_explains_is_a_users() -> None:
    """The Cluster was deleted; its MachineDeployment goes because of that, its template when it is gone."""
    cluster = obj("Cluster", "demo", spec={"x": 1}, by="kubectl")
    deployment = obj("MachineDeployment", "md", owner="Cluster/demo", spec={"x": 1}, by="kubectl")
    template = obj("VSphereMachineTemplate", "t", owner="Cluster/demo", spec={"x": 1}, by="kubectl")
    made = trace(
        (0, "MODIFIED", going(cluster)),
        (0.1, "MODIFIED", going(deployment)),
        (8, "DELETED", going(cluster)),
        (8.1, "DELETED", template),
        before=(cluster, deployment, template),
    )
    assert actions_of(made) == [Delete(0, Id("Cluster", NAMESPACE, "demo"), cluster["apiVersion"])]


def test_a_prune_deletes_all_itself() -> None:
    """Templates that go while their Cluster is still there were deleted by the user too."""
    cluster = obj("Cluster", "demo", spec={"x": 1}, by="kubectl")
    template = obj("VSphereMachineTemplate", "t", owner="Cluster/demo", spec={"x": 1}, by="kubectl")
    made = trace((0, "MODIFIED", going(cluster)), (0.1, "DELETED", template), before=(cluster, template))
    assert [action.id.kind for action in actions_of(made) if isinstance(action, Delete)] == [
        "Cluster",
        "VSphereMachineTemplate",
    ]


def test_a_scale_down_is_no_deletion_by_a_user() -> None:
    """After a patch, the Machine that goes goes because of it."""
    deployment = obj("MachineDeployment", "md", spec={"replicas": 2}, by="kubectl")
    scaled = obj("MachineDeployment", "md", spec={"replicas": 1}, by="kubectl")
    scaled["metadata"]["managedFields"][0]["time"] = "later"
    machine = obj("Machine", "md-x-y")
    made = trace((0, "MODIFIED", scaled), (1, "MODIFIED", going(machine)), before=(deployment, machine))
    assert [type(action) for action in actions_of(made)] == [Patch]
    alone = trace((0, "MODIFIED", going(machine)), before=(deployment, machine))
    assert [type(action) for action in actions_of(alone)] == [Delete]


def test_a_lost_vm_was_destroyed_at_the_beginning() -> None:
    """However late it was noticed."""
    there = obj("VSphereVM", "a", conditions="VirtualMachineProvisioned=True/Provisioned")
    lost = obj("VSphereVM", "a", conditions="VirtualMachineProvisioned=False/NotFoundByBIOSUUID")
    made = trace((45, "MODIFIED", lost), before=(there,))
    assert actions_of(made) == [DestroyVM(0.0, Id("VSphereVM", NAMESPACE, "a"))]
