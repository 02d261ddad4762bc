"""The older version of these kinds."""

from fairlead.api.kubeadm.v1beta1 import kubeadmconfig, kubeadmcontrolplane

__all__ = ["kubeadmconfig", "kubeadmcontrolplane"]
