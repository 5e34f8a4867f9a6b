"""Streamlit: a script that Streamlit runs."""

from __future__ import annotations

from shipyard.frameworks.application import Application
from shipyard.frameworks.modules import modules, source_path
from shipyard.frameworks.scripts import Script, declared_script, script_application
from shipyard.model.dependencies import Dependencies
from shipyard.model.manifest import Service
from shipyard.model.record import replace
from shipyard.source import SourceTree

PORT = 8501
_USUAL = ("streamlit_app", "app", "main", "Home", "home")


class Streamlit:
    """A project that depends on streamlit; the script is the plainest file that imports it. Those below a
    pages folder are parts of another."""

    name = "streamlit"

    def find(
        self, tree: SourceTree, folder: str, dependencies: Dependencies, service: Service
    ) -> Application | None:
        dependency = dependencies.get("streamlit")
        if dependency is None:
            return None
        if service.app is not None:
            found: Application | None = declared_script(
                self.name, dependency.where, service.app, source_path(tree, folder)
            )
        else:
            scripts = [
                Script(module=module, line=1)
                for module in modules(tree, folder, "streamlit")
                if module.names.imported("streamlit") and "pages" not in module.path.split("/")[:-1]
            ]
            found = script_application(
                self.name, "Streamlit", dependency.where, scripts, service, usual=_USUAL, by_app=True
            )
        if found is None:
            return None
        port = service.port or PORT
        return replace(
            found,
            command=(
                *("streamlit", "run", found.app, "--server.address=0.0.0.0", f"--server.port={port}"),
                *("--server.headless=true", "--server.fileWatcherType=none"),
                "--browser.gatherUsageStats=false",
            ),
            port=port,
            health="/_stcore/health",
        )
