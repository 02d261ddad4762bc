"""What kubeadm is told of one node: how it registers, and how it starts a cluster or joins one.

Source: cluster-api v1.14, api/bootstrap/kubeadm (names, bounds and defaults of v1beta2).
"""

from typing import Annotated, Literal

from msgspec import field

from fairlead.api.kubeadm.clusterconfiguration import ExtraArgs
from fairlead.api.model import Doc, Extra, Meta, Model


class BootstrapTokens(Model):
    """A token with which machines may join."""

    token: Annotated[str, Doc("The token, such as abcdef.0123456789abcdef."), Meta(min_length=1, max_length=23)]
    description: Annotated[str, Doc("What the token is for."), Meta(min_length=1, max_length=512)] = ""
    expires: Annotated[str, Doc("When the token ends."), Extra(format="date-time")] = ""
    groups: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Groups that users of the token are in."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    ttl_seconds: Annotated[
        int | None, Doc("Seconds that the token is good for; 0 is for ever."), Meta(ge=0), Extra(format="int32")
    ] = None
    usages: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("What the token may be used for: signing, authentication."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()


class LocalAPIEndpoint(Model):
    """Where a machine's API server listens."""

    advertise_address: Annotated[
        str,
        Doc("Address that it tells others; the machine's main address if unset."),
        Meta(min_length=1, max_length=39),
    ] = ""
    bind_port: Annotated[int | None, Doc("Port; 6443 if unset."), Meta(ge=1), Extra(format="int32")] = None


class Taints(Model):
    """A taint of a node: Pods that do not tolerate it stay away."""

    effect: Annotated[str, Doc("What happens to Pods without a toleration: NoSchedule, PreferNoSchedule or NoExecute.")]
    key: Annotated[str, Doc("Key of the taint.")]
    time_added: Annotated[str, Doc("When the taint was added."), Extra(format="date-time")] = ""
    value: Annotated[str, Doc("Value of the taint.")] = ""


class NodeRegistration(Model):
    """How the machine becomes a Node."""

    cri_socket: Annotated[str, Doc("Socket of the container runtime."), Meta(min_length=1, max_length=512)] = ""
    ignore_preflight_errors: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Checks of kubeadm whose failure is only a warning; all for every check."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    image_pull_policy: Annotated[
        Literal["Always", "IfNotPresent", "Never"] | None,
        Doc("When kubeadm pulls images: Always, IfNotPresent or Never."),
    ] = None
    image_pull_serial: Annotated[bool | None, Doc("Whether kubeadm pulls one image after the other.")] = None
    kubelet_extra_args: Annotated[
        tuple[ExtraArgs, ...],
        Doc("Further arguments of the kubelet, without the leading dashes."),
        Extra(
            min_items=1,
            max_items=100,
            list_map_keys=["name", "value"],
            list_type="map",
            validations=[
                {
                    "message": "kubeletExtraArgs name must be unique",
                    "rule": "self.all(x, self.exists_one(y, x.name == y.name))",
                }
            ],
        ),
    ] = ()
    name: Annotated[
        str, Doc("Name of the Node; the machine's host name if unset."), Meta(min_length=1, max_length=253)
    ] = ""
    taints: Annotated[
        tuple[Taints, ...],
        Doc("Taints of the Node; unset gives control planes theirs, an empty list none."),
        Extra(min_items=0, max_items=100),
    ] = ()


class Patches(Model):
    """Changes to the Pods' manifests before they start."""

    directory: Annotated[
        str,
        Doc("Directory of the host with patches, such as kube-apiserver0+merge.yaml."),
        Meta(min_length=1, max_length=512),
    ] = ""


class Timeouts(Model):
    """How long kubeadm waits for what."""

    control_plane_component_health_check_seconds: Annotated[
        int | None,
        Doc("Seconds for a control-plane component to be healthy; 240 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None
    discovery_seconds: Annotated[
        int | None, Doc("Seconds for finding the cluster; 300 if unset."), Meta(ge=0), Extra(format="int32")
    ] = None
    etcd_api_call_seconds: Annotated[
        int | None, Doc("Seconds for calls to etcd; 120 if unset."), Meta(ge=0), Extra(format="int32")
    ] = field(name="etcdAPICallSeconds", default=None)
    kubelet_health_check_seconds: Annotated[
        int | None, Doc("Seconds for the kubelet to be healthy; 240 if unset."), Meta(ge=0), Extra(format="int32")
    ] = None
    kubernetes_api_call_seconds: Annotated[
        int | None, Doc("Seconds for calls to the Kubernetes API; 60 if unset."), Meta(ge=0), Extra(format="int32")
    ] = field(name="kubernetesAPICallSeconds", default=None)
    tls_bootstrap_seconds: Annotated[
        int | None,
        Doc("Seconds for the kubelet to get its certificate; 300 if unset."),
        Meta(ge=0),
        Extra(format="int32"),
    ] = None


class InitConfiguration(Model):
    """Settings of the first control-plane machine, as kubeadm has them."""

    bootstrap_tokens: Annotated[
        tuple[BootstrapTokens, ...],
        Doc("Tokens to make; Cluster API makes its own and needs none here."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    local_api_endpoint: Annotated[
        LocalAPIEndpoint | None, Doc("Where this machine's API server listens."), Extra(min_properties=1)
    ] = field(name="localAPIEndpoint", default=None)
    node_registration: Annotated[
        NodeRegistration | None, Doc("How the machine becomes a Node."), Extra(min_properties=1)
    ] = None
    patches: Annotated[
        Patches | None, Doc("Changes to the Pods' manifests before they start."), Extra(min_properties=1)
    ] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Phases of kubeadm to leave out, such as addon/kube-proxy."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    timeouts: Annotated[Timeouts | None, Doc("How long kubeadm waits for what."), Extra(min_properties=1)] = None


class ControlPlane(Model):
    """Settings of a joining control-plane machine."""

    local_api_endpoint: Annotated[
        LocalAPIEndpoint | None, Doc("Where its API server listens."), Extra(min_properties=1)
    ] = field(name="localAPIEndpoint", default=None)


class BootstrapToken(Model):
    """The token a machine joins with."""

    api_server_endpoint: Annotated[
        str, Doc("Address of the API server, such as 10.0.0.10:6443."), Meta(min_length=1, max_length=512)
    ] = ""
    ca_cert_hashes: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Hashes that the cluster's CA must have, such as sha256:…."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    token: Annotated[str, Doc("The token."), Meta(min_length=1, max_length=512)] = ""
    unsafe_skip_ca_verification: Annotated[bool | None, Doc("Whether any CA is believed.")] = field(
        name="unsafeSkipCAVerification", default=None
    )


class AuthProvider(Model):
    """A plugin that logs in."""

    name: Annotated[str, Doc("Name of the plugin."), Meta(min_length=1, max_length=256)]
    config: Annotated[dict[str, str], Doc("Settings of the plugin.")] = {}


class Env(Model):
    """An environment variable."""

    name: Annotated[str, Doc("Name of the variable."), Meta(min_length=1, max_length=512)]
    value: Annotated[str, Doc("Value of the variable."), Meta(min_length=1, max_length=512)]


class Exec(Model):
    """A program that gets credentials."""

    command: Annotated[str, Doc("The program."), Meta(min_length=1, max_length=1024)]
    api_version: Annotated[str, Doc("API version of what it prints."), Meta(min_length=1, max_length=512)] = ""
    args: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=512)], ...],
        Doc("Its arguments."),
        Extra(min_items=1, max_items=100, list_type="atomic"),
    ] = ()
    env: Annotated[
        tuple[Env, ...], Doc("Further environment variables."), Extra(min_items=1, max_items=100, list_type="atomic")
    ] = ()
    provide_cluster_info: Annotated[bool | None, Doc("Whether it is told about the cluster.")] = None


class User(Model):
    """How to log in."""

    auth_provider: Annotated[AuthProvider | None, Doc("A plugin that logs in.")] = None
    exec: Annotated[Exec | None, Doc("A program that gets credentials.")] = None


class KubeadmConfigCluster(Model):
    """The cluster to connect to."""

    certificate_authority_data: Annotated[
        str,
        Doc("The cluster's CA certificate; Cluster API fills it in."),
        Meta(min_length=1, max_length=51200),
        Extra(format="byte"),
    ] = ""
    insecure_skip_tls_verify: Annotated[bool | None, Doc("Whether any certificate is believed.")] = field(
        name="insecureSkipTLSVerify", default=None
    )
    proxy_url: Annotated[str, Doc("Proxy for the connection."), Meta(min_length=1, max_length=512)] = field(
        name="proxyURL", default=""
    )
    server: Annotated[str, Doc("Address of the API; Cluster API fills it in."), Meta(min_length=1, max_length=512)] = ""
    tls_server_name: Annotated[
        str, Doc("Name that the server's certificate must have."), Meta(min_length=1, max_length=512)
    ] = ""


class KubeConfig(Model):
    """A kubeconfig to write."""

    user: Annotated[User, Doc("How to log in."), Extra(min_properties=1)]
    cluster: Annotated[KubeadmConfigCluster | None, Doc("The cluster to connect to."), Extra(min_properties=1)] = None


class File(Model):
    """Finding the cluster by a kubeconfig."""

    kube_config_path: Annotated[str, Doc("Path of the kubeconfig, or its URL."), Meta(min_length=1, max_length=512)]
    kube_config: Annotated[KubeConfig | None, Doc("A kubeconfig to write to that path.")] = None


class Discovery(Model):
    """How a joining machine finds the cluster."""

    bootstrap_token: Annotated[
        BootstrapToken | None, Doc("By a token; Cluster API fills it in."), Extra(min_properties=1)
    ] = None
    file: Annotated[File | None, Doc("By a kubeconfig.")] = None
    tls_bootstrap_token: Annotated[
        str,
        Doc("Token for the kubelet's certificate; that of bootstrapToken if unset."),
        Meta(min_length=1, max_length=512),
    ] = ""


class JoinConfiguration(Model):
    """Settings of machines that join, as kubeadm has them."""

    ca_cert_path: Annotated[
        str,
        Doc("File of the cluster's CA certificate; /etc/kubernetes/pki/ca.crt if unset."),
        Meta(min_length=1, max_length=512),
    ] = ""
    control_plane: Annotated[
        ControlPlane | None, Doc("Set if the machine joins the control plane; Cluster API fills it in.")
    ] = None
    discovery: Annotated[
        Discovery | None,
        Doc("How a joining machine finds the cluster; Cluster API fills it in."),
        Extra(min_properties=1),
    ] = None
    node_registration: Annotated[
        NodeRegistration | None, Doc("How the machine becomes a Node."), Extra(min_properties=1)
    ] = None
    patches: Annotated[
        Patches | None, Doc("Changes to the Pods' manifests before they start."), Extra(min_properties=1)
    ] = None
    skip_phases: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=256)], ...],
        Doc("Phases of kubeadm to leave out, such as addon/kube-proxy."),
        Extra(min_items=1, max_items=50, list_type="atomic"),
    ] = ()
    timeouts: Annotated[Timeouts | None, Doc("How long kubeadm waits for what."), Extra(min_properties=1)] = None
