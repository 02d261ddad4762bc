"""All fuzz targets by name."""

from fairlead.testing.fuzz import documents, objects, templates

TARGETS = {**templates.TARGETS, **documents.TARGETS, **objects.TARGETS}
