"""The vSphere port (`port`, `errors`) and its pyVmomi adapter (`pyvmomi`), which is imported only where it is used."""
