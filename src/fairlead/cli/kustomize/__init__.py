"""`fairlead kustomize`: kustomize's commands over the engine."""
