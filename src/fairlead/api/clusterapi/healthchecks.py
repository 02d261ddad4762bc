"""When machines are unhealthy, and what is done then: of a MachineHealthCheck, and of a Cluster's topology.

Source: cluster-api v1.14, api/core (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, ClassVar, Literal

from fairlead.api.model import Doc, Extra, IntOrString, Meta, Model


class UnhealthyMachineConditions(Model):
    """A condition of a Machine that makes it unhealthy."""

    status: Annotated[
        Literal["True", "False", "Unknown"], Doc("Status that counts as unhealthy: True, False or Unknown.")
    ]
    timeout_seconds: Annotated[
        int, Doc("Seconds for which it must hold before the machine is unhealthy."), Meta(ge=0), Extra(format="int32")
    ]
    type: Annotated[
        str,
        Doc("Type of the Machine's condition."),
        Meta(
            min_length=1,
            max_length=316,
            pattern="^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
        Extra(
            validations=[
                {
                    "message": "type must not be one of: Ready, Available, HealthCheckSucceeded, OwnerRemediated, ExternallyRemediated",
                    "rule": "!(self in ['Ready','Available','HealthCheckSucceeded','OwnerRemediated','ExternallyRemediated'])",
                }
            ]
        ),
    ]


class UnhealthyNodeConditions(Model):
    """A condition of a Node that makes its machine unhealthy."""

    status: Annotated[str, Doc("Status that counts as unhealthy: True, False or Unknown."), Meta(min_length=1)]
    timeout_seconds: Annotated[
        int, Doc("Seconds for which it must hold before the machine is unhealthy."), Meta(ge=0), Extra(format="int32")
    ]
    type: Annotated[str, Doc("Type of the Node's condition, for example Ready."), Meta(min_length=1)]


class Checks(Model):
    """What makes a machine unhealthy."""

    node_startup_timeout_seconds: Annotated[
        int | None,
        Doc("Seconds until a machine without a Node is unhealthy; 600 if unset, 0 switches it off."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    unhealthy_machine_conditions: Annotated[
        tuple[UnhealthyMachineConditions, ...],
        Doc("Conditions of the Machine, any of which makes it unhealthy."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    unhealthy_node_conditions: Annotated[
        tuple[UnhealthyNodeConditions, ...],
        Doc("Conditions of the Node, any of which makes its machine unhealthy."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class TemplateRef(Model):
    """A reference to a template."""

    api_version: Annotated[
        str,
        Doc("API group and version of the object."),
        Meta(
            min_length=1,
            max_length=317,
            pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[a-z]([-a-z0-9]*[a-z0-9])?$",
        ),
    ]
    kind: Annotated[
        str,
        Doc("Kind of the object."),
        Meta(min_length=1, max_length=63, pattern="^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$"),
    ]
    name: Annotated[
        str,
        Doc("Name of the template, in the same namespace."),
        Meta(
            min_length=1, max_length=253, pattern="^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
        ),
    ]


class TriggerIf(Model):
    """When unhealthy machines are replaced at all."""

    unhealthy_in_range: Annotated[
        str,
        Doc("Replace only while the number of unhealthy machines is in this range, such as [3-5]."),
        Meta(min_length=1, max_length=32, pattern="^\\[[0-9]+-[0-9]+\\]$"),
    ] = ""
    unhealthy_less_than_or_equal_to: Annotated[
        IntOrString | None, Doc("Replace only up to so many unhealthy machines, a number or a percentage.")
    ] = None


class Remediation(Model):
    """How unhealthy machines are replaced."""

    template_ref: Annotated[
        TemplateRef | None, Doc("Template of the object that remediates; unset lets the machine's owner replace it.")
    ] = None
    trigger_if: Annotated[
        TriggerIf | None, Doc("When machines are replaced at all; always if unset."), Extra(min_properties=1)
    ] = None


class HealthCheck(Model):
    """A MachineHealthCheck for the machines."""

    GO: ClassVar[str] = "ControlPlaneTopologyHealthCheck"

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    enabled: Annotated[
        bool | None, Doc("False takes the MachineHealthCheck away, true demands one; unset follows the ClusterClass.")
    ] = None
    remediation: Annotated[Remediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)] = (
        None
    )


class ClusterRemediation(Model):
    """How unhealthy machines are replaced."""

    max_in_flight: Annotated[
        IntOrString | None, Doc("How many machines may be replaced at the same time, as a number or a percentage.")
    ] = None
    template_ref: Annotated[
        TemplateRef | None, Doc("Template of the object that remediates; unset lets the machine's owner replace it.")
    ] = None
    trigger_if: Annotated[
        TriggerIf | None, Doc("When machines are replaced at all; always if unset."), Extra(min_properties=1)
    ] = None


class ClusterHealthCheck(Model):
    """A MachineHealthCheck for the machines."""

    GO: ClassVar[str] = "MachineDeploymentTopologyHealthCheck"

    checks: Annotated[Checks | None, Doc("What makes a machine unhealthy."), Extra(min_properties=1)] = None
    enabled: Annotated[
        bool | None, Doc("False takes the MachineHealthCheck away, true demands one; unset follows the ClusterClass.")
    ] = None
    remediation: Annotated[
        ClusterRemediation | None, Doc("How unhealthy machines are replaced."), Extra(min_properties=1)
    ] = None
