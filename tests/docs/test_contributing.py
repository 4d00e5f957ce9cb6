"""What contributors are told about servers is what there is."""

import re

import yaml

from tests.docs.pages import ROOT, blocks, read

PAGE = ROOT / "CONTRIBUTING.md"
CONTRIBUTING = read(PAGE)
URL = re.compile(r"\w+://\w+@127\.0\.0\.1:(\d+)/")


def test_the_servers_of_the_compose_file_are_named_by_their_ports():
    services = yaml.safe_load(read(ROOT / "compose.yaml"))["services"]
    published = {port.split(":")[1] for service in services.values() for port in service["ports"]}

    assert set(URL.findall(CONTRIBUTING)) == published


def test_targets_of_make_are_there():
    targets = set(re.findall(r"^(\w+):", read(ROOT / "Makefile"), re.MULTILINE))
    typed = "".join(block.text for block in blocks(PAGE, "bash"))

    assert set(re.findall(r"^make (\w+)", typed, re.MULTILINE)) <= targets
    assert set(re.findall(r"`make (\w+)", CONTRIBUTING)) <= targets
