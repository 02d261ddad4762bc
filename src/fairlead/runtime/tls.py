"""TLS towards an API server, from what a kubeconfig says. Stands apart from any HTTP library, which is slow to load."""

import ssl
import tempfile
from pathlib import Path

from fairlead.runtime.kubeconfig import Access


def tls_context(access: Access) -> ssl.SSLContext:
    """The TLS settings of a connection. Raises: ssl.SSLError for certificates that cannot be read."""
    context = ssl.create_default_context(cadata=access.ca.decode() if access.ca else None)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_certificate:
        with tempfile.TemporaryDirectory() as folder:  # the ssl module reads certificates from files only
            certificate, key = Path(folder) / "crt", Path(folder) / "key"
            certificate.write_bytes(access.client_certificate)
            key.touch(mode=0o600)
            key.write_bytes(access.client_key)
            context.load_cert_chain(certificate, key)
    return context
