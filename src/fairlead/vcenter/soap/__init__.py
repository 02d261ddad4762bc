"""The simulator's SOAP face over HTTPS. Needs pyVmomi, whose type tables take half a second to import."""
