"""Finding objects by name in a vCenter, in the finder's way (see `vsphere.names`). All of it blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyVmomi import VmomiSupport, vim

from fairlead.vsphere import names
from fairlead.vsphere.errors import Ambiguous, Gone, NotFound
from fairlead.vsphere.port import Ref
from fairlead.vsphere.pyvmomi.reading import managed, path_of, query, ref_of, retrieve, to_parents


class Finder:
    """Looks things up in one vCenter."""

    def __init__(self, content: Any, stub: Any) -> None:
        self._content = content
        self._stub = stub

    def by_path(self, path: str) -> Any:
        """Return the object at an inventory path, or None."""
        return self._content.searchIndex.FindByInventoryPath(path.lstrip("/"))

    def paths(self, entities: Sequence[Any]) -> list[str]:
        """Return the inventory paths of entities, in one call."""
        if not entities:
            return []
        wanted = {vim.ManagedEntity: ("name", "parent")}
        found = retrieve(self._content.propertyCollector, [(e, to_parents()) for e in entities], wanted)
        known = {obj._moId: properties for obj, properties in found}
        return [path_of(e, known) for e in entities]

    def below(self, start: Any, kind: names.Kind) -> list[tuple[str, Any]]:
        """Return (name, object) of all objects of a kind below one."""
        types = [VmomiSupport.GetWsdlType("urn:vim25", t) for t in kind.types]
        view = self._content.viewManager.CreateContainerView(start, types, True)
        try:
            contents = query.TraversalSpec(name="view", type=vim.view.ContainerView, path="view", skip=False)
            found = retrieve(self._content.propertyCollector, [(view, [contents])], dict.fromkeys(types, ("name",)))
        finally:
            view.DestroyView()
        return [(str(p.get("name", "")), o) for o, p in found if ref_of(o).type in kind.types]

    def datacenter(self, name: str) -> Any:
        """Return a datacenter, the only one for an empty name. Raises: NotFound, Ambiguous."""
        kind = names.Kind("datacenter", "", ("Datacenter",))
        if "/" in name:
            found = self.by_path(name)
            if not isinstance(found, vim.Datacenter):
                raise NotFound("datacenter", name, self._closest(name, kind, self._content.rootFolder))
            return found
        known = self.below(self._content.rootFolder, kind)
        matching = [o for n, o in known if not name or n == name]
        if not matching:
            raise NotFound("datacenter", name, names.closest(name, [n for n, _ in known]))
        return self._only(kind, name, matching)

    def find(self, kind: names.Kind, name: str, datacenter: str) -> Any:
        """Return the object a name means. Raises: NotFound, Ambiguous."""
        if "/" not in name:
            reference = names.as_reference(name, kind)
            if reference is not None and self._exists(reference):
                return managed(reference, self._stub)
        start = self.start(kind, datacenter)
        if "/" in name:
            pivot = "" if name.startswith("/") else self.paths([start])[0]
            for path in names.candidate_paths(name, pivot):
                found = self.by_path(path)
                if found is not None and (converted := self._accept(kind, found)) is not None:
                    return converted
            raise NotFound(kind.word, name, self._closest(name, kind, start))
        known = self.below(start, kind)
        matching = [o for n, o in known if n == name]
        if not matching:
            raise NotFound(kind.word, name, names.closest(name, [n for n, _ in known]))
        return self._only(kind, name, matching)

    def default(self, kind: names.Kind, datacenter: str, only_named: str = "") -> Any:
        """Return the only object of a kind. Raises: NotFound, Ambiguous."""
        known = self.below(self.start(kind, datacenter), kind)
        found = [o for n, o in known if not only_named or n == only_named]
        if not found:
            raise NotFound(kind.word, "")
        return self._only(kind, "", found)

    def start(self, kind: names.Kind, datacenter: str) -> Any:
        """Return the folder that relative names of a kind start from."""
        dc = self.datacenter(datacenter)
        if not kind.folder:
            return dc
        found = retrieve(self._content.propertyCollector, [(dc, ())], {vim.Datacenter: (f"{kind.folder}Folder",)})
        return found[0][1][f"{kind.folder}Folder"]

    def _accept(self, kind: names.Kind, found: Any) -> Any:
        if kind is names.POOL and isinstance(found, vim.ComputeResource):
            return found.resourcePool  # a cluster's path means its root pool
        return found if ref_of(found).type in kind.types else None

    def _only(self, kind: names.Kind, name: str, found: list[Any]) -> Any:
        if len(found) > 1:
            raise Ambiguous(kind.word, name, tuple(sorted(self.paths(found))))
        return found[0]

    def _closest(self, name: str, kind: names.Kind, start: Any) -> tuple[str, ...]:
        return names.closest(name, [n for n, _ in self.below(start, kind)])

    def _exists(self, reference: Ref) -> bool:
        from pyVmomi import vmodl

        try:
            obj = managed(reference, self._stub)
            return bool(retrieve(self._content.propertyCollector, [(obj, ())], {type(obj): ("name",)}))
        except (vmodl.fault.ManagedObjectNotFound, Gone):
            return False
