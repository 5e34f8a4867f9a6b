"""TLS to an engine, by the files that docker's own client takes (Docker reference, "Protect the Docker daemon
socket"): ca.pem, and cert.pem with key.pem where the engine asks who is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from shipyard.model.record import Record

if TYPE_CHECKING:
    import ssl


class Certificates(Record):
    """`folder` holds the files."""

    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def own(self) -> tuple[str, str] | None:
        """Certificate and key of this side, None without them."""
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        return (str(certificate), str(key)) if certificate.exists() and key.exists() else None

    def context(self) -> ssl.SSLContext:
        """Raises OSError for files that are not there or do not fit."""
        import ssl

        made = ssl.create_default_context(cafile=self.authority)
        if self.own is not None:
            made.load_cert_chain(*self.own)
        return made

    def options(self) -> dict[str, Any]:
        """What python-on-whales takes for docker's own command."""
        certificate, key = self.own or (None, None)
        return {"tlsverify": True, "tlscacert": self.authority, "tlscert": certificate, "tlskey": key}
