"""The ways in which Shipyard drives Compose, one by one, without Shipyard.

Networks and volumes are external and made before; containers are counted up by `--scale` with
`--no-recreate`, recreated alone with `--force-recreate`, and stopped and removed by their ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from compose_table import by_hand
from compose_table.driven import ComposeProject, Found, Model, shown, steps
from compose_table.row import SAME, made, model, recreated, service

PROJECT_LABEL = "com.docker.compose.project"
OUTDATED = model({"environment": {"LEVEL": "info"}})
DATA = {"volumes": [{"type": "volume", "source": "data", "target": "/data"}], "networks": ["back"]}
KEEPING = {"image": by_hand.KEEPING}
EXTERNAL: Model = {
    "networks": {"back": {"name": "@project_back", "external": True}},
    "volumes": {"data": {"name": "@project_data", "external": True}},
}


def expect(found: Found, *events: Mapping[str, str]) -> None:
    wanted = {about: words for some in events for about, words in some.items()}
    assert found == steps(wanted), f"expected:\n{shown(steps(wanted))}\nhappened:\n{shown(found)}"


def numbers(project: ComposeProject) -> list[str]:
    return sorted(project.states())


def make_objects(project: ComposeProject) -> None:
    """As Shipyard makes them: with Compose's labels, so that Compose takes them for its own."""
    own = {PROJECT_LABEL: project.name}
    project.api.create_network(
        f"{project.name}_back", internal=True, labels={**own, "com.docker.compose.network": "back"}
    )
    project.api.create_volume(f"{project.name}_data", labels={**own, "com.docker.compose.volume": "data"})


def test_external_networks_and_volumes_are_used_and_never_made(compose_project: ComposeProject) -> None:
    declared = model(DATA, **EXTERNAL)
    with compose_project.recorded() as recording:
        done = compose_project.up(declared)
    assert done.returncode != 0
    assert "declared as external, but could not be found" in done.stderr
    expect(recording.found)
    make_objects(compose_project)
    with compose_project.recorded() as recording:
        assert compose_project.up(declared).returncode == 0
    expect(recording.found, made(networks="back"))


def test_what_was_made_by_external_names_is_accepted_by_a_plain_model(
    compose_project: ComposeProject,
) -> None:
    make_objects(compose_project)
    assert compose_project.up(model(DATA, **EXTERNAL)).returncode == 0
    plain = model(
        DATA,
        networks={"back": {"name": "@project_back", "internal": True}},
        volumes={"data": {"name": "@project_data"}},
    )
    with compose_project.recorded() as recording:
        compose_project.must(plain, "up", "-d")
    expect(recording.found)
    with compose_project.recorded() as recording:
        compose_project.must(plain, "down")
    expect(recording.found, {"old web-1": "kill stop die destroy -back", "network back": "destroy"})


def test_scaling_up_counts_on_from_the_highest_and_leaves_gaps(compose_project: ComposeProject) -> None:
    compose_project.start_all(model({"deploy": {"replicas": 3}}))
    by_hand.gap(compose_project)
    with compose_project.recorded() as recording:
        compose_project.up(OUTDATED, "--no-recreate", "--scale", "web=4")
    expect(recording.found, made(4), made(5))
    assert numbers(compose_project) == ["web-1", "web-3", "web-4", "web-5"]


def test_scaling_up_without_a_start_starts_nothing(compose_project: ComposeProject) -> None:
    """Not even what has ended, which a plain one would."""
    compose_project.start_all(SAME)
    by_hand.stopped(compose_project)
    with compose_project.recorded() as recording:
        done = compose_project.up(SAME, "--no-recreate", "--no-start", "--scale", "web=2")
    assert done.returncode == 0, done.stderr
    expect(recording.found, {"new web-2": "create"})
    assert compose_project.states() == {"web-1": "exited", "web-2": "created"}


def test_one_recreated_keeps_its_name_its_number_and_its_anonymous_volume(
    compose_project: ComposeProject,
) -> None:
    by_hand.keeping(compose_project)
    compose_project.start_all(model(KEEPING))
    before = compose_project.inspect("web-1")
    with compose_project.recorded() as recording:
        compose_project.up(
            model({**KEEPING, "environment": {"A": "b"}}), "--force-recreate", "--scale", "web=1"
        )
    expect(recording.found, recreated())
    after = compose_project.inspect("web-1")
    assert after["Config"]["Labels"]["com.docker.compose.container-number"] == "1"
    assert [one["Name"] for one in after["Mounts"]] == [one["Name"] for one in before["Mounts"]] != []


def test_a_forced_recreate_takes_all_of_a_service(compose_project: ComposeProject) -> None:
    """Therefore one of many is removed by its id, and the number made full again."""
    compose_project.start_all(model({"deploy": {"replicas": 2}}))
    with compose_project.recorded() as recording:
        compose_project.up(OUTDATED, "--force-recreate", "--scale", "web=2")
    expect(recording.found, recreated(1), recreated(2))
    old = compose_project.id("web-1")
    with compose_project.recorded() as recording:
        compose_project.api.stop(old)
        compose_project.api.remove_container(old)
        compose_project.up(SAME, "--no-recreate", "--scale", "web=2")
    expect(recording.found, {"old web-1": "kill stop die destroy -shared"}, made(3))


def test_new_ones_before_the_old_ones_go_and_a_plain_up_leaves_it_so(
    compose_project: ComposeProject,
) -> None:
    compose_project.start_all(model({"deploy": {"replicas": 2}}))
    old = list(compose_project.names())
    wanted = model({"deploy": {"replicas": 2}, "environment": {"LEVEL": "info"}})
    with compose_project.recorded() as recording:
        compose_project.up(wanted, "--no-recreate", "--scale", "web=4")
    expect(recording.found, made(3), made(4))
    for container in old:
        compose_project.api.remove_container(container, force=True)
    with compose_project.recorded() as recording:
        assert compose_project.up(wanted).returncode == 0
    expect(recording.found)
    assert numbers(compose_project) == ["web-3", "web-4"]


def test_scaling_down_takes_the_highest_numbers(compose_project: ComposeProject) -> None:
    """Though they are the ones that run, or the ones that are up to date: it cannot be told which."""
    compose_project.start_all(model({"deploy": {"replicas": 2}}))
    compose_project.up(OUTDATED, "--no-recreate", "--scale", "web=3")
    by_hand.stopped(compose_project)
    with compose_project.recorded() as recording:
        assert compose_project.up(OUTDATED, "--no-recreate", "--scale", "web=2").returncode == 0
    expect(
        recording.found,
        {"old web-1": "start +shared", "old web-3": "kill stop die destroy -shared"},
    )


def test_a_one_shot_by_a_name_runs_once(compose_project: ComposeProject) -> None:
    compose_project.start_all(SAME)
    name = f"{compose_project.name}-job"
    words = ("run", "-T", "--no-deps", "--name", name, "--label", "shipyard.job=x", "web")
    with compose_project.recorded() as recording:
        done = compose_project.compose(
            compose_project.write(OUTDATED), *words, "sh", "-c", "echo said; exit 7"
        )
        recording.until_ended(name)
    assert (done.returncode, done.stdout.strip()) == (7, "said")
    expect(recording.found, {"new job": "create start die +shared -shared"})
    labels = compose_project.inspect("job")["Config"]["Labels"]
    assert (labels["com.docker.compose.oneoff"], labels["shipyard.job"]) == ("True", "x")
    with compose_project.recorded() as recording:
        again = compose_project.compose(compose_project.write(OUTDATED), *words, "true")
    assert again.returncode != 0
    assert "is already in use by container" in again.stderr
    expect(recording.found)
    with compose_project.recorded() as recording:
        assert compose_project.up(SAME).returncode == 0
    expect(recording.found)


def test_a_service_that_is_no_longer_in_the_model_is_left_alone(compose_project: ComposeProject) -> None:
    compose_project.start_all(model(others={"db": service()}))
    with compose_project.recorded() as recording:
        assert compose_project.up(SAME).returncode == 0
    expect(recording.found)


def test_services_that_it_needs_and_that_need_it_are_left_alone(compose_project: ComposeProject) -> None:
    needs = {"web": ["db"], "worker": ["web"]}
    before = {
        "services": {
            "db": service(),
            "web": service(depends_on=needs["web"]),
            "worker": service(depends_on=needs["worker"]),
        }
    }
    compose_project.start_all(before)
    compose_project.api.stop(compose_project.id("db-1"))
    changed = json.loads(json.dumps(before))
    for one in changed["services"].values():
        one["environment"] = {"LEVEL": "info"}
    with compose_project.recorded() as recording:
        assert compose_project.up(changed, "--force-recreate", "--scale", "web=1").returncode == 0
    expect(recording.found, recreated())


def test_who_shares_its_network_is_not_touched_and_points_at_the_dead_one(
    compose_project: ComposeProject,
) -> None:
    joined = model(others={"side": service(network_mode="service:web")})
    compose_project.start_all(joined)
    old = compose_project.id("web-1")
    with compose_project.recorded() as recording:
        compose_project.up(joined, "--force-recreate", "--scale", "web=1")
    expect(recording.found, recreated())
    assert compose_project.inspect("side-1")["HostConfig"]["NetworkMode"] == f"container:{old}"


def test_texts_reach_the_container_as_they_are(compose_project: ComposeProject) -> None:
    """Dollar signs are written twice; values come from the process, never from a .env file nearby."""
    (compose_project.folder / ".env").write_text("FROM_PROCESS=of the file\nFROM_FILE=seen\n")
    texts = {
        "PLAIN": "a$$b $${c} ünï 🚢 \u0085 \u2028 \x7f",
        "VALUE": "${FROM_PROCESS}",
        "NONE": "${FROM_FILE:-}",
    }
    file = compose_project.write(model({"environment": texts}))
    file.write_text(
        "".join(
            f"\\u{ord(one):04x}" if one in "\x7f\x85\u2028" else one
            for one in json.dumps(json.loads(file.read_text()), ensure_ascii=False)
        )
    )
    done = compose_project.compose(file, "up", "-d", "--pull", "never", env={"FROM_PROCESS": "x$y ${z}"})
    assert done.returncode == 0, done.stderr
    found = dict(one.split("=", 1) for one in compose_project.inspect("web-1")["Config"]["Env"])
    assert found["PLAIN"] == "a$b ${c} ünï 🚢 \u0085 \u2028 \x7f"
    assert (found["VALUE"], found["NONE"]) == ("x$y ${z}", "")
