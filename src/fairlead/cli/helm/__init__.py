"""`fairlead helm`: helm's commands over the engine and the API."""
