"""YAML that is read, changed and written again with its comments, styles and order, as kyaml does."""
