"""One kustomization: gather its resources, generate, transform, check.

Source: kustomize api v0.21.2 internal/target/kusttarget.go, kusttarget_configplugin.go (order of the transformers).
"""

from __future__ import annotations

from fairlead.engines.kustomize.configuration import (
    DEFAULT,
    NOTHING,
    Configuration,
    merge_specs,
    read_configuration,
    read_crds,
    specs_of,
)
from fairlead.engines.kustomize.errors import KustomizeError
from fairlead.engines.kustomize.fields import FieldSpec
from fairlead.engines.kustomize.files import Files
from fairlead.engines.kustomize.generators import with_options
from fairlead.engines.kustomize.kustomization import Kustomization
from fairlead.engines.kustomize.loader import is_url
from fairlead.engines.kustomize.nodes import to_value
from fairlead.engines.kustomize.objects import objects_in
from fairlead.engines.kustomize.plugins import Workshop, configured
from fairlead.engines.kustomize.provenance import Origin, mark_origin, mark_transformation, plugin_origin
from fairlead.engines.kustomize.reader import MalformedYamlError
from fairlead.engines.kustomize.resmap import ResMap
from fairlead.engines.kustomize.resource import Resource, Source

TYPE_CHECKING = False  # loading typing takes milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from fairlead.engines.kustomize.plugins import Generate, InflateChart, Transform
    from fairlead.engines.kustomize.schema import BuiltInPart, Schema

VALIDATED_BY = "validated-by"


class Session:
    """What the targets of one build share."""

    def __init__(self, inflate: InflateChart | None) -> None:
        self.inflate = inflate
        self.warnings: list[str] = []
        self.loaded: list[list[Resource]] = []  # what was read before a schema was chosen
        self._schema: Schema | None = None
        self._schema_is_chosen = False
        self._built_in_is_used = False

    def schema(self) -> Schema:
        from fairlead.engines.kustomize.schema import BUILT_IN

        self._built_in_is_used = self._built_in_is_used or self._schema is None
        return self._schema or BUILT_IN

    def choose_schema(self, config: Kustomization, files: Files) -> None:
        """Take the schema that *config* wants, unless one was chosen before. Raises: KustomizeError."""
        wanted = config.fields.get("openapi") or {}
        path = wanted.get("path")
        data = None if path is None else files.read(path)
        if self._schema_is_chosen or not wanted:
            return
        from fairlead.engines.kustomize.schema import BUILT_IN_VERSION, schema_from

        version = wanted.get("version") or ""
        if data is not None:
            if "version" in wanted:
                raise KustomizeError("builtin version and custom schema provided, cannot use both")
            self._schema, self._schema_is_chosen = schema_from(data, path or "", self._built_in_part()), True
        elif version:
            if version != BUILT_IN_VERSION:
                raise KustomizeError("the specified OpenAPI version is not built in")
            self._schema_is_chosen = True

    def _built_in_part(self) -> BuiltInPart:
        """Return what the built-in schema still says once a base, and not the top, has chosen one of its own.

        Upstream reads it at the first merge, or after the chosen one when an object was met whose kind it did not know.
        """
        from fairlead.engines.kustomize.schema import is_known

        if self._built_in_is_used:
            return "below"
        if all(is_known(item.api_version, item.kind) for items in self.loaded for item in items):
            return "none"
        return "above"


class Gathered:
    """What a target has gathered so far."""

    def __init__(self) -> None:
        self.items = ResMap()
        self.configuration = NOTHING
        self.variables: dict[str, Mapping[str, Any]] = {}

    def configure(self, more: Configuration) -> None:
        self.configuration = self.configuration.merged(more)

    def take(self, other: Gathered) -> None:
        """Raises: KustomizeError when ids, field specs or variables clash."""
        self.items.extend(other.items)
        self.configure(other.configuration)
        if other.variables:
            from fairlead.engines.kustomize import variables

            variables.merge(self.variables, other.variables)


class Target:
    """A folder with a kustomization."""

    def __init__(self, files: Files, session: Session) -> None:
        """Raises: KustomizeError."""
        self.files = files
        self.session = session
        self.config = Kustomization.read(files)
        session.warnings += self.config.warnings
        self.origin: Origin | None = None
        self.metadata: Sequence[str] = self.config.fields.get("buildMetadata") or ()
        self._helm_namespace = ""
        self._workshop = Workshop(files, self.config.path, session.schema, session.inflate)

    def field(self, name: str) -> Any:
        """Return a field of the kustomization, None when it is not there."""
        return self.config.fields.get(name)

    def gather(self, gathered: Gathered | None = None) -> Gathered:
        """Return everything this target stands for; a component adds it to *gathered*. Raises: KustomizeError."""
        found = gathered or Gathered()
        try:
            self._add_resources(found, self.field("resources") or ())
        except KustomizeError as error:
            raise KustomizeError(f"accumulating resources: {error}") from error
        found.configure(self._configuration())
        crds = NOTHING
        for path in self.field("crds") or ():
            try:
                crds = crds.merged(read_crds(self.files.read(path), path))
            except KustomizeError as error:
                raise KustomizeError(f"loading CRDs [{' '.join(self.field('crds'))}]: {error}") from error
        if self.field("crds"):
            found.configure(crds)
        self._generate(found)
        try:
            found = self._add_components(found)
        except KustomizeError as error:
            raise KustomizeError(f"accumulating components: {error}") from error
        self._transform(found)
        self._validate(found)
        if self.field("vars"):
            from fairlead.engines.kustomize import variables

            try:
                variables.declare(found.items, found.variables, self.field("vars"))
            except KustomizeError as error:
                listed = variables.listed_text(self.field("vars"))
                raise KustomizeError(f"merging vars {listed}: {error}") from error
        return found

    # Resources.

    def _add_resources(self, found: Gathered, paths: Sequence[str]) -> None:
        for path in paths:
            problem = self._add_file(found, path)
            if problem is None:
                continue
            try:
                below = self.files.below(path)
            except KustomizeError as error:
                if isinstance(problem.__cause__, MalformedYamlError):
                    raise problem from None
                cause = problem if is_url(path) else error
                raise KustomizeError(f"accumulation err='{problem}': {error}") from cause
            try:
                self._add_folder(found, path, below)
            except KustomizeError as error:
                raise KustomizeError(f"accumulation err='{problem}': {error}") from error

    def _add_folder(self, found: Gathered, path: str, below: Files) -> None:
        target = self._folder(path, below)
        try:
            gathered = target.gather()
        except KustomizeError as error:
            raise KustomizeError(f"recursed accumulation of path '{below.root}': {error}") from error
        try:
            found.take(gathered)
        except KustomizeError as error:
            raise KustomizeError(f"recursed merging from path '{below.root}': {error}") from error

    def _add_file(self, found: Gathered, path: str) -> KustomizeError | None:
        """Add the objects in a file; return why that cannot be."""
        try:
            items = self._file(path)
        except KustomizeError as error:
            problem = KustomizeError(f"accumulating resources from '{path}': {error}")
            problem.__cause__ = error
            return problem
        try:
            found.items.extend(items)
        except KustomizeError as error:
            return KustomizeError(f"merging resources from '{path}': {error}")
        return None

    def _file(self, path: str) -> list[Resource]:
        items = list(ResMap(objects_in(self.files.read(path), self.files.path(path))))
        self.session.loaded.append(items)
        if self.origin is not None:
            origin = self.origin.below(path)
            for item in items:
                item.set_strings("annotations", item.strings("annotations"))
            mark_origin_anew(items, origin)
        return items

    def _folder(self, path: str, below: Files, *, component: bool = False) -> Target:
        try:
            target = Target(below, self.session)
        except KustomizeError as error:
            raise KustomizeError(f"couldn't make target for path '{below.root}': {error}") from error
        target.metadata = self.metadata
        target.origin = self.origin.below(path) if self.origin is not None else None
        target._helm_namespace = self.field("namespace") or self._helm_namespace
        self.session.choose_schema(target.config, below)
        kind = target.config.kind
        if component and kind != "Component":
            raise KustomizeError(f"expected kind 'Component' for path '{below.root}' but got '{kind}'")
        if not component and kind == "Component":
            raise KustomizeError(f"expected kind != 'Component' for path '{below.root}'")
        return target

    def _add_components(self, found: Gathered) -> Gathered:
        for path in self.field("components") or ():
            try:
                below = self.files.below(path)
            except KustomizeError as error:
                raise KustomizeError(f"loader.New {_quoted(str(error))}") from error
            try:
                component = self._folder(path, below, component=True)
            except KustomizeError as error:
                raise KustomizeError(f"accumulateDirectory: {_quoted(str(error))}") from error
            try:
                found = component.gather(found)
                found.configuration = NOTHING.merged(found.configuration)  # upstream puts all into an empty accumulator
            except KustomizeError as error:
                text = f"recursed accumulation of path '{below.root}': {error}"
                raise KustomizeError(f"accumulateDirectory: {_quoted(text)}") from error
        return found

    def _configuration(self) -> Configuration:
        result = DEFAULT
        own: Configuration | None = None
        for path in self.field("configurations") or ():
            more = read_configuration(self.files.read(path), path)
            own = more if own is None else own.merged(more)
        return result if own is None else result.merged(own)

    # Generators.

    def _generate(self, found: Gathered) -> None:
        steps = [*self._built_in_generators(), *self._external_generators()]
        for make, origin in steps:
            items = make()
            for item in items:
                item.sources = item.sources or [Source("generator", self.config.path)]
            if origin is not None:
                mark_origin(items, origin)
            try:
                for item in items:
                    found.items.absorb(item)
            except KustomizeError as error:
                raise KustomizeError(f"{self.config.path}: merging from generator: {error}") from error

    def _built_in_generators(self) -> Iterator[tuple[Generate, Origin | None]]:
        options = self.field("generatorOptions")
        for name, kind in (("configMapGenerator", "ConfigMapGenerator"), ("secretGenerator", "SecretGenerator")):
            for entry in self.field(name) or ():
                yield self._workshop.generator(kind, with_options(entry, options)), self._configured_by(kind)
        kind = "HelmChartInflationGenerator"
        for entry in self.field("helmCharts") or ():
            namespace = entry.get("namespace") or self.field("namespace") or self._helm_namespace
            chart = {**(self.field("helmGlobals") or {}), **entry}
            if namespace:
                chart["namespace"] = namespace
            yield self._workshop.generator(kind, chart), self._configured_by(kind)

    def _external_generators(self) -> Iterator[tuple[Generate, Origin | None]]:
        try:
            plugins = self._plugins(self.field("generators") or ())
            for item in plugins:
                try:
                    kind, settings = configured(self._workshop, item, generator=True)
                    step = self._workshop.generator(kind, settings)
                except KustomizeError as error:
                    raise KustomizeError(f"failed to load generator: {error}") from error
                yield step, plugin_origin(item)
        except KustomizeError as error:
            raise KustomizeError(f"loading generator plugins: {error}") from error

    def _configured_by(self, kind: str) -> Origin | None:
        return self.origin.configures(self.config.name, kind) if self.origin is not None else None

    def _plugins(self, listed: Sequence[str]) -> list[Resource]:
        """Return the plugin configurations in *listed*: texts, files and folders."""
        found = Gathered()
        paths = []
        for entry in listed:
            try:
                items = objects_in(entry.encode(), self.config.path)
            except KustomizeError:
                paths.append(entry)
                continue
            self.session.loaded.append(items)
            if self.origin is not None:
                mark_origin_anew(items, self.origin.below(self.config.name))
            found.items.extend(items)
        self._add_resources(found, paths)
        return found.items.items

    # Transformers.

    def _transform(self, found: Gathered) -> None:
        configuration = found.configuration
        steps = [*self._built_in_transformers(configuration), *self._external(self.field("transformers") or ())]
        for step, origin in steps:
            step(found.items)
            if origin is not None:
                mark_transformation(found.items, origin)
            found.items.drop_gone()

    def _built_in_transformers(self, configuration: Configuration) -> Iterator[tuple[Transform, Origin | None]]:
        for kind, make in self._steps(configuration):
            try:
                step = make()
            except KustomizeError as error:
                raise KustomizeError(f"{self.config.path}: trouble configuring builtin {kind}: {error}") from error
            yield step, self._configured_by(kind)

    def _steps(self, configuration: Configuration) -> Iterator[tuple[str, Callable[[], Transform]]]:
        shop, field = self._workshop, self.field
        if field("patchesStrategicMerge"):
            yield "PatchStrategicMergeTransformer", lambda: shop.merges(field("patchesStrategicMerge"), "")
        for entry in field("patches") or ():
            yield "PatchTransformer", self._maker(shop.patches, entry)
        for kind, settings, specs in self._settings(configuration):
            yield kind, self._maker(shop.transformer, kind, settings, specs)
        if field("replacements"):
            yield "ReplacementTransformer", lambda: shop.replacements(field("replacements"))

    @staticmethod
    def _maker(make: Callable[..., Transform], *arguments: Any) -> Callable[[], Transform]:
        return lambda: make(*arguments)

    def _settings(
        self, configuration: Configuration
    ) -> Iterator[tuple[str, Mapping[str, Any], Sequence[FieldSpec] | None]]:
        field = self.field
        if field("namespace"):
            metadata = {"metadata": {"namespace": field("namespace")}}
            yield "NamespaceTransformer", metadata, configuration.specs("namespace")
        if field("namePrefix"):
            yield "PrefixTransformer", {"prefix": field("namePrefix")}, configuration.specs("namePrefix")
        if field("nameSuffix"):
            yield "SuffixTransformer", {"suffix": field("nameSuffix")}, configuration.specs("nameSuffix")
        if field("labels") or field("commonLabels"):
            for entry in field("labels") or ():
                yield "LabelTransformer", {"labels": entry.get("pairs")}, _label_specs(entry, configuration)
            yield "LabelTransformer", {"labels": field("commonLabels")}, configuration.specs("commonLabels")
        if field("commonAnnotations"):
            annotations = {"annotations": field("commonAnnotations")}
            yield "AnnotationsTransformer", annotations, configuration.specs("commonAnnotations")
        for entry in field("patchesJson6902") or ():
            patch = {"target": entry.get("target"), "path": entry.get("path"), "jsonOp": entry.get("patch")}
            yield "PatchJson6902Transformer", patch, ()
        for entry in field("replicas") or ():
            yield "ReplicaCountTransformer", {"replica": entry}, configuration.specs("replicas")
        for entry in field("images") or ():
            yield "ImageTagTransformer", {"imageTag": entry}, configuration.specs("images")

    def _external(self, listed: Sequence[str]) -> Iterator[tuple[Transform, Origin | None]]:
        for item in self._plugins(listed):
            kind, settings = configured(self._workshop, item, generator=False)
            try:
                step = self._workshop.transformer(kind, settings)
            except KustomizeError as error:
                raise KustomizeError(f"plugin {item.original_id()} fails configuration: {error}") from error
            yield step, plugin_origin(item)

    def _validate(self, found: Gathered) -> None:
        for step, _ in self._external(self.field("validators") or ()):
            before = [to_value(item.node) for item in found.items]
            step(found.items)
            after = [_without_label(item) for item in found.items]
            if before != after:
                raise KustomizeError(f"{self.config.path}: validator shouldn't modify the resource map")


def _without_label(item: Resource) -> Any:
    """Return the value of *item* without the label that validators may leave.

    Upstream writes all labels anew to take it away, and so finds objects changed that have others.
    """
    labels = item.strings("labels")
    value = to_value(item.node)
    if VALIDATED_BY in labels:
        if len(labels) > 1:
            return None
        del value["metadata"]["labels"]
    return value


def _quoted(text: str) -> str:
    """Return *text* as Go's %q has it."""
    from fairlead.engines.gotemplate.strconv import quote

    return quote(text)


def mark_origin_anew(items: Sequence[Resource], origin: Origin) -> None:
    """Say of *items* where they come from, whatever they say."""
    from fairlead.engines.kustomize.resource import ORIGIN

    for item in items:
        item.set_strings("annotations", {**item.strings("annotations"), ORIGIN: origin.text()})


def _label_specs(entry: Mapping[str, Any], configuration: Configuration) -> list[FieldSpec]:
    try:
        specs = merge_specs(map(specs_of, entry.get("fields") or ()), configuration.specs("labels"))
        if entry.get("includeSelectors"):
            return merge_specs(specs, configuration.specs("commonLabels"))
        if entry.get("includeTemplates"):
            specs = merge_specs(specs, configuration.specs("templateLabels"))
        if entry.get("includeVolumeClaimTemplates"):
            specs = merge_specs(specs, configuration.specs("volumeClaimTemplateLabels"))
        return merge_specs(specs, [FieldSpec("metadata/labels", create=True)])
    except KustomizeError as error:
        raise KustomizeError(f"failed to merge labels: {error}") from error
