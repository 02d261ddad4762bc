"""The one way YAML is read and written: as sigs.k8s.io/yaml does it, to the byte."""

from fairlead.base.yaml.errors import YamlError
from fairlead.base.yaml.lines import Lines
from fairlead.base.yaml.read import iterate_with_lines, load, load_all, load_all_with_lines
from fairlead.base.yaml.write import dump

__all__ = ["Lines", "YamlError", "dump", "iterate_with_lines", "load", "load_all", "load_all_with_lines"]
