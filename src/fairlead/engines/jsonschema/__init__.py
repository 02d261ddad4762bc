"""JSON Schema: drafts 4, 6, 7, 2019-09 and 2020-12, with complaints in the words of santhosh-tekuri/jsonschema v6.0.3.

Helm validates values with that library, so its verdicts and words are what users of charts know. Where Go walks a map
in random order, names are sorted here.
"""

from fairlead.engines.jsonschema.compiler import Compiler
from fairlead.engines.jsonschema.complaints import Complaint
from fairlead.engines.jsonschema.documents import SchemaFault, parse
from fairlead.engines.jsonschema.validator import validate

__all__ = ["Compiler", "Complaint", "SchemaFault", "parse", "validate"]
