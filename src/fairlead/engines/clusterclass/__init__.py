"""ClusterClasses and managed topologies: variables, patches, names and versions, as pure functions."""
