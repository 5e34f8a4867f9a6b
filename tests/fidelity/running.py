"""A case on the real engine, from its first apply to the plan that is empty again."""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import subprocess
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w
from fidelity.cases import Case
from fidelity.drift import Hands
from fidelity.expect import compare
from fidelity.manifests import Table
from fidelity.stream import subscribed
from project import Project, docker, free_port

from shipyard.__main__ import run
from shipyard.cli.loading import load_project
from shipyard.cli.project import observe
from shipyard.compile.builds import compile_builds
from shipyard.engine.secret_values import new_key
from shipyard.model.desired import Desired
from shipyard.model.observed import Observed
from shipyard.model.plan import Plan
from shipyard.model.record import replace
from shipyard.render.document import plan_json

RECIPES = {
    "plain:1": 'FROM python:3.13-slim\nLABEL fidelity=1\nCMD ["sleep", "infinity"]\n',
    "plain:2": 'FROM python:3.13-slim\nLABEL fidelity=2\nCMD ["sleep", "infinity"]\n',
    "keeping:1": 'FROM python:3.13-slim\nLABEL fidelity=3\nVOLUME /kept\nCMD ["sleep", "infinity"]\n',
}
APP = 'FROM python:3.13-slim\nCOPY text /text\nCMD ["sleep", "infinity"]\n'


def make_images() -> None:
    """The images that every case runs from; made once, since they never change."""
    for name, recipe in RECIPES.items():
        subprocess.run(
            ["docker", "build", "-q", "-t", f"shipyard-fidelity/{name}", "-"],
            input=recipe.encode(),
            check=True,
            capture_output=True,
        )


@dataclass(slots=True)
class Runner:
    """One case's project; `said` is what a failure prints."""

    project: Project
    case: Case
    ports: list[int] = field(default_factory=lambda: [free_port() for _ in range(3)])
    said: list[str] = field(default_factory=list)

    @property
    def words(self) -> tuple[str, ...]:
        return ("--stage", self.case.stage) if self.case.stage else ()

    def prepare(self) -> None:
        for name in RECIPES:
            docker("tag", f"shipyard-fidelity/{name}", f"{self.project.name}/{name}")
        self.project.write("files/text", "text\n")
        self.project.write("app/Dockerfile", APP)
        self.write(self.case.before, self.case.secrets[0], self.case.files[0])

    def write(self, manifest: Table, secrets: dict[str, str], text: str) -> None:
        whole = {"name": self.project.name, **json.loads(json.dumps(manifest))}
        for service in whole["services"].values():
            if "image" in service:
                service["image"] = f"{self.project.name}/{service['image']}"
            service["publish"] = [self._port(port) for port in service.get("publish", ())]
        text_of_it = tomli_w.dumps(whole)
        self.project.write("shipyard.toml", text_of_it)
        self.said.append(f"shipyard.toml:\n{textwrap.indent(text_of_it, '    ')}")
        for stage in ("", ".dev", ".prod"):
            self.project.write(f".env{stage}", "".join(f"{k}={v}\n" for k, v in secrets.items()))
        self.project.write("app/text", text)

    def _port(self, text: str) -> str:
        for index, port in enumerate(self.ports):
            text = text.replace(f"@{index}", str(port))
        return text

    def apply(self, code: int = 0, words: tuple[str, ...] | None = None) -> None:
        """`shipyard apply`, in this process."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            returned = run(
                ["apply", "--yes", "-C", str(self.project.root), *(self.words if words is None else words)]
            )
        self.said.append(f"apply -> {returned}\n{textwrap.indent(output.getvalue(), '    ')}")
        assert returned == code, "apply"

    def plan(self) -> tuple[Plan, Desired, Observed]:
        """The plan and what it was made from."""
        manifest = load_project(self.project.root, self.case.stage, None).manifest
        with observe(manifest, compile_builds(manifest), fallback_key=new_key()) as seen:
            plan = seen.plan()
        self.said.append(f"plan:\n{textwrap.indent(plan_json(plan), '    ')}")
        return plan, seen.desired, seen.observed

    def go(self) -> None:
        """The whole case. Raises AssertionError."""
        self.prepare()
        if self.case.stage:
            self.apply(words=("--stage", "dev"))
        self.apply()
        self.expect_nothing_left()
        deployment = self.project.name + (f"-{self.case.stage}" if self.case.stage else "")
        model = self.rendered()
        hands = Hands(
            deployment,
            f"{self.project.name}/plain:2",
            random.Random(self.case.seed),
            lambda service, number: self.compose(
                model, "up", "-d", "--no-recreate", "--no-deps", "--scale", f"{service}={number}", service
            ),
        )
        try:
            self.write(self.case.after, self.case.secrets[1], self.case.files[1])
            for drift in self.case.drifts:
                self.said.append(f"by hand: {hands.do(drift)}")
            self.converge(hands)
        finally:
            hands.clean_up()
            hands.close()

    def converge(self, hands: Hands) -> None:
        """Plan, apply what was planned, and find nothing left to do."""
        plan, desired, observed = self.plan()
        if plan.problems:
            with subscribed() as stream:
                self.apply(code=1)
            self.expect(plan, desired, observed, stream.events(), nothing=True)
            hands.clean_up()
            plan, desired, observed = self.plan()
            assert not plan.problems, "problems are left"
        with subscribed() as stream:
            self.apply()
        self.expect(plan, desired, observed, stream.events())
        self.expect_nothing_left()

    def expect(
        self, plan: Plan, desired: Desired, observed: Observed, events: Any, *, nothing: bool = False
    ) -> None:
        planned = replace(plan, operations=()) if nothing else plan
        wrong = compare(planned, desired, observed, events)
        if wrong:
            self.said.append("events:")
            self.said += [
                f"    {one.kind} {one.action} {one.about[:40]} {one.other[:12]} {one.attributes.get('name')}"
                for one in events
                if self.project.name in str(one)
            ]
        assert not wrong, "\n".join(wrong)

    def expect_nothing_left(self) -> None:
        plan, _, _ = self.plan()
        assert not plan.operations, f"the next plan is not empty: {[one.id for one in plan.operations]}"
        assert not plan.problems
        assert not plan.attention
        lines = self.compose(self.rendered(), "--dry-run", "up", "-d", "--no-build").splitlines()
        wrong = [line for line in lines if any(word in line for word in ("Recreate", "Create", "Creat"))]
        assert not wrong, f"compose up would change what runs: {wrong}"

    def rendered(self) -> Path:
        folder = self.project.root / "rendered"
        with contextlib.redirect_stdout(io.StringIO()):
            assert run(["render", str(folder), "--applied", "-C", str(self.project.root), *self.words]) == 0
        return folder / "compose.applied.json"

    def compose(self, file: Path, *words: str) -> str:
        values = (
            self.case.secrets[1]
            if (self.project.root / ".env").read_text().find(self.case.secrets[1]["TOKEN"]) >= 0
            else self.case.secrets[0]
        )
        done = subprocess.run(
            ["docker", "compose", "-f", str(file), "--progress", "plain", *words],
            env={**os.environ, **{f"SHIPYARD_SECRET_{key}": value for key, value in values.items()}},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr
