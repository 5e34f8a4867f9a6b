"""A company's own servers: certificates of its authority, and an index that wants a login."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from authority import new_authority, signed
from git_repository import bare_repository
from project import Project, docker
from registry import registry
from second_engine import root

MANIFEST = """
ca_certificates = "certs/company.pem"
[services.web]
command = ["python", "main.py"]
health = false
restart = "no"
publish = []
"""
SERVER = """
import base64, functools, http.server, ssl
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        login = "Basic " + base64.b64encode(b"shop:s3cret").decode()
        if self.path.startswith("/private/"):
            if self.headers.get("Authorization") != login:
                self.send_response(401)
                self.send_header("WWW-Authenticate", "Basic")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            self.path = self.path.removeprefix("/private")
        super().do_GET()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("/tls/cert.pem", "/tls/key.pem")
handler = functools.partial(Handler, directory="/served")
server = http.server.ThreadingHTTPServer(("", 443), handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""
GREETING = """
import ssl, urllib.request
print(ssl.get_default_verify_paths().cafile)
print(urllib.request.urlopen("https://{address}/word").read().decode())
"""
METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    folder = tmp_path / "authority"
    folder.mkdir()
    new_authority(folder)
    return folder


@pytest.fixture
def commit(tmp_path: Path) -> str:
    """Of a repository that the server has."""
    bare, commit = bare_repository(tmp_path / "git")
    shutil.copytree(bare, tmp_path / "served" / "gitlib.git")
    return commit


@pytest.fixture
def index(tmp_path: Path, authority: Path, commit: str, project: Project) -> Iterator[str]:
    """The address of a server that the authority vouches for: it has an index of one package, named like
    the project since what was downloaded once is kept, and /word."""
    container = docker("run", "-d", "python:3.13-slim", "sleep", "infinity")
    try:
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        address = docker("inspect", "-f", form, container)
        tls, served = tmp_path / "tls", tmp_path / "served"
        tls.mkdir()
        signed(authority, tls, f"subjectAltName=IP:{address}")
        package = tmp_path / "wheel"
        about = package / f"{project.name}-1.0.dist-info"
        about.mkdir(parents=True)
        (package / f"{project.name}.py").write_text(GREETING.format(address=address))
        (about / "METADATA").write_text(METADATA.format(name=project.name))
        (about / "WHEEL").write_text(WHEEL)
        (about / "RECORD").write_text("")
        folder = served / "simple" / project.name
        folder.mkdir(parents=True)
        name = f"{project.name}-1.0-py3-none-any.whl"
        shutil.copy(shutil.make_archive(str(tmp_path / "wheel"), "zip", package), folder / name)
        (folder / "index.html").write_text(f'<a href="{name}">{name}</a>')
        (served / "word").write_text("trusted")
        docker("cp", str(tls), f"{container}:/tls")
        docker("cp", str(served), f"{container}:/served")
        docker("exec", "-d", container, "python", "-c", SERVER)
        yield address
    finally:
        docker("rm", "-fv", container)


def test_builds_and_what_runs_trust_it(project: Project, authority: Path, index: str) -> None:
    project.write("certs/company.pem", (authority / "ca.pem").read_text())
    project.write("requirements.txt", f"--index-url https://{index}/simple\n{project.name}==1.0\n")
    project.write("main.py", "print('here')\n")
    project.manifest(MANIFEST.replace('ca_certificates = "certs/company.pem"', ""))
    refused = project.run("build", code=1).stderr
    assert "the build does not trust the certificate of the server" in refused
    assert "ca_certificates" in refused
    project.manifest(MANIFEST)
    image = project.run("build").stdout.split()[0]
    # On the network that the server is on.
    said = docker("run", "--rm", image, "python", "-m", project.name).splitlines()
    assert said == ["/etc/ssl/certs/ca-certificates.crt", "trusted"]
    shown = ("image", "inspect", "-f", "{{.Id}}", image)
    before = docker(*shown)
    project.run("build", "--no-cache")
    assert docker(*shown) == before


def test_an_index_that_wants_a_login(project: Project, authority: Path, index: str) -> None:
    project.write("certs/company.pem", (authority / "ca.pem").read_text())
    project.write("main.py", "print('here')\n")
    place = f"{index}/private/simple\n{project.name}==1.0\n"
    project.write("requirements.txt", f"--index-url https://shop:${{INDEX_PASSWORD}}@{place}")
    project.manifest(MANIFEST)
    assert "401 Unauthorized" in project.run("build", code=1).stderr
    project.manifest(MANIFEST + 'build = { secrets = ["INDEX_PASSWORD"] }\n')
    assert "secret INDEX_PASSWORD has no value" in project.run("plan").stdout
    assert "needs a value for INDEX_PASSWORD" in project.run("build", code=1).stderr
    project.environ["INDEX_PASSWORD"] = "s3cret"
    said = project.run("build").stderr
    # Once made, it is the same image with and without, and asks for nothing.
    del project.environ["INDEX_PASSWORD"]
    assert project.run("build").stdout.endswith("(unchanged)\n")
    project.write("requirements.txt", f"--index-url https://{place}")
    project.manifest(MANIFEST + 'build = { secrets = ["NETRC"] }\n')
    project.environ["NETRC"] = f"machine {index} login shop password s3cret"
    said += project.run("build", "--no-cache").stderr
    for image in docker("image", "ls", "-q", f"{project.name}/web").split():
        said += docker("image", "inspect", image) + docker("image", "history", "--no-trunc", image)
    assert "s3cret" not in said


def test_a_private_repository_declared_over_ssh(
    project: Project, authority: Path, index: str, commit: str
) -> None:
    """It is fetched over https, with the login for its host."""
    project.write("certs/company.pem", (authority / "ca.pem").read_text())
    project.write("main.py", "import gitlib\n")
    project.write("requirements.txt", f"git+ssh://git@{index}/private/gitlib.git@{commit}\n")
    project.manifest(MANIFEST + 'build = { secrets = ["NETRC"] }\n')
    project.environ["NETRC"] = f"machine {index} login shop password s3cret"
    image = project.run("build").stdout.split()[0]
    assert docker("run", "--rm", image, "python", "-c", "import gitlib; print(gitlib.NAME)") == "gitlib"


def test_a_registry_of_its_own(project: Project, authority: Path, tmp_path: Path) -> None:
    host = docker("network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}")
    tls = tmp_path / "tls"
    tls.mkdir()
    signed(authority, tls, f"subjectAltName=IP:{host}")
    shutil.copy(authority / "ca.pem", tls)
    with registry(tmp_path, host=host, tls=tls) as address:
        project.write("Dockerfile", "FROM redis:7\n")
        project.manifest(f'registry = "{address}"\n[services.web]\nbuild.dockerfile = "Dockerfile"\n')
        refused = project.run("build", "--push", code=1).stderr
        folder = f"/etc/docker/certs.d/{address}"
        assert f"put its authority into {folder}/ca.crt" in refused
        root("mkdir", "-p", folder)
        try:
            root("cp", f"{authority}/ca.pem", f"{folder}/ca.crt")
            project.run("build", "--push")
        finally:
            root("rm", "-r", folder)
