"""cloud-init user data: written for machines that become Kubernetes nodes, and read by those that simulate them."""

from fairlead.engines.cloudinit.ignition import IgnitionError, render_ignition
from fairlead.engines.cloudinit.parse import Init, Join, UserData, UserDataError, gunzip, parse_user_data
from fairlead.engines.cloudinit.render import Bootstrap, File, render_cloud_config

__all__ = [
    "Bootstrap",
    "File",
    "IgnitionError",
    "Init",
    "Join",
    "UserData",
    "UserDataError",
    "gunzip",
    "parse_user_data",
    "render_cloud_config",
    "render_ignition",
]
