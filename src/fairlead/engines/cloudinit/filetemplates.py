"""The content of files whose `contentFormat` is Template: Go text/template over facts of the control plane. Pure.

Source: cluster-api v1.14 bootstrap/kubeadm/reconcilers/kubeadmconfig/template.go: only Go's own functions, 1 MiB.
"""

from fairlead.engines.gotemplate.builtins import BUILTINS
from fairlead.engines.gotemplate.errors import TemplateError
from fairlead.engines.gotemplate.template import Limits, Render, Source

LIMIT_CHARS = 1 << 20


class FileTemplateError(ValueError):
    """A file's template is wrong; the text names the file and gives Go's error."""


def render_file_template(path: str, text: str, control_plane_version: str) -> str:
    """Return *text* filled in; `.controlPlane` is missing when the version is unknown. Raises: FileTemplateError."""
    data = {"controlPlane": {"version": control_plane_version}} if control_plane_version else {}
    try:
        source = Source(path, text, BUILTINS)
    except TemplateError as error:
        raise FileTemplateError(f'failed to parse template for file "{path}": {error}') from error
    render = Render(None, Limits(steps=1_000_000, output_chars=LIMIT_CHARS))
    render.add(source)
    try:
        return render.execute(path, data)
    except TemplateError as error:
        raise FileTemplateError(f'failed to execute template for file "{path}": {error}') from error
