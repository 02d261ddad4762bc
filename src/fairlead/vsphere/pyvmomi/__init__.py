"""The vSphere port on pyVmomi: any vCenter that speaks SOAP.

pyVmomi blocks and takes half a second to import: `PyvmomiConnector` imports it in a worker thread when it first
connects, and every call of a session runs in that session's bounded thread pool.
"""

from fairlead.vsphere.pyvmomi.connector import PyvmomiConnector

__all__ = ["PyvmomiConnector"]
