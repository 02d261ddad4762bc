"""All kinds that the management cluster serves beside Kubernetes' own."""

from fairlead.api.addons.kinds import KINDS as ADDON_KINDS
from fairlead.api.clusterapi.kinds import KINDS as CLUSTER_KINDS
from fairlead.api.flux.kinds import KINDS as FLUX_KINDS
from fairlead.api.infrastructure.kinds import KINDS as VSPHERE_KINDS
from fairlead.api.ipam.kinds import KINDS as IPAM_KINDS
from fairlead.api.kubeadm.kinds import KINDS as KUBEADM_KINDS

KINDS = (*CLUSTER_KINDS, *KUBEADM_KINDS, *ADDON_KINDS, *VSPHERE_KINDS, *IPAM_KINDS, *FLUX_KINDS)
