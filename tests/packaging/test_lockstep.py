"""The four distributions carry one version, pin each other to it, and promise what `make test` tries."""

import ast
import pathlib
import tomllib

ROOT = pathlib.Path(__file__).parents[2]
VENDORS = ("postgres", "mysql", "sqlite")


def project(folder: str) -> dict:
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]


def test_versions_move_in_lockstep():
    core = project(".")
    for vendor in VENDORS:
        plugin = project(f"dj_queue_{vendor}")
        assert plugin["version"] == core["version"]
        assert f"dj-queue=={core['version']}" in plugin["dependencies"]
        assert core["optional-dependencies"][vendor] == [f"dj-queue-{vendor}=={core['version']}"]
        assert plugin["requires-python"] == core["requires-python"]
        assert plugin["classifiers"] == core["classifiers"]
        assert plugin["entry-points"]["dj_queue"] == {vendor: f"dj_queue_{vendor}.plugin"}


def test_the_versions_promised_are_the_versions_tried():
    scripts = [
        ast.parse((ROOT / "scripts" / name).read_text()) for name in ("test.py", "full_environment.py")
    ]
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)
        for script in scripts
        for node in script.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple)
    }
    promised = [line.split(" :: ")[1:] for line in project(".")["classifiers"]]
    assert tuple(rest[-1] for rest in promised if rest[0] == "Python") == constants["PYTHONS"]
    assert tuple(rest[-1] for rest in promised if rest[0] == "Django") == constants["DJANGOS"]
