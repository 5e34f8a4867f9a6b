"""A certificate authority of a test's own, and what it signs."""

from __future__ import annotations

import subprocess
from pathlib import Path

_NEW = ["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj"]


def new_authority(folder: Path) -> None:
    """Files ca.pem and ca.key in a folder."""
    words = [*_NEW, "/CN=authority", "-x509", "-days", "2", "-keyout", f"{folder}/ca.key"]
    # Python is strict from 3.13 on.
    words += ["-addext", "keyUsage=critical,keyCertSign"]
    subprocess.run([*words, "-out", f"{folder}/ca.pem"], check=True, capture_output=True)


def signed(authority: Path, place: Path, extension: str) -> None:
    """Files cert.pem and key.pem in `place`, with an X.509 extension as openssl writes it."""
    (place / "extension").write_text(f"{extension}\nauthorityKeyIdentifier=keyid\n")
    asked = [*_NEW, "/CN=test", "-keyout", f"{place}/key.pem", "-out", f"{place}/asked"]
    subprocess.run(asked, check=True, capture_output=True)
    sign = ["openssl", "x509", "-req", "-in", f"{place}/asked", "-days", "2", "-CAcreateserial"]
    sign += ["-CA", f"{authority}/ca.pem", "-CAkey", f"{authority}/ca.key"]
    sign += ["-extfile", f"{place}/extension", "-out", f"{place}/cert.pem"]
    subprocess.run(sign, check=True, capture_output=True)
