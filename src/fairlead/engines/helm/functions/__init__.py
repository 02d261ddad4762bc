"""The functions Helm gives to templates: sprig's and its own."""
