"""Which images podman is given, and what a podman of our own shares with nobody."""

import json
from dataclasses import dataclass, field

from dev.containers.docker import Docker, Failed
from tests.containers import podman
from tests.containers.podman import Image


@dataclass(frozen=True, kw_only=True)
class Recorded(Docker):
    """Knows some images by name, and keeps what it was asked."""

    program: str = "podman"
    images: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def run(self, *arguments, text=None, within_s=600):
        if arguments[0] == "inspect":
            if arguments[1] not in self.images:
                raise Failed(arguments[1])
            return json.dumps([{"Id": self.images[arguments[1]]}])
        self.asked.append(arguments[0])
        return ""


def test_an_image_is_handed_over_where_it_is_new_or_another_one():
    docker = Recorded(images={"new:1": "sha256:1", "other:1": "sha256:2", "same:1": "sha256:3"})
    client = Recorded(images={"there/other:1": "0", "there/same:1": "3"})
    images = [Image(name, f"there/{name}") for name in docker.images]

    count = podman.handed_over(docker, client, images)

    assert count == 2
    assert docker.asked == ["save", "save"]
    assert client.asked == ["load", "tag", "load", "tag", "image"]


def test_nothing_is_done_where_podman_has_them_all():
    docker = Recorded(images={"same:1": "sha256:3"})
    client = Recorded(images={"there/same:1": "3"})

    assert podman.handed_over(docker, client, [Image("same:1", "there/same:1")]) == 0
    assert docker.asked == client.asked == []


def test_what_it_keeps_is_in_folders_of_its_own():
    for text in (podman.CONTAINERS, podman.STORED):
        for line in text.splitlines():
            if "/" in line:
                assert "{storage}/" in line or "{running}/" in line
    assert 'lock_type = "file"' in podman.CONTAINERS
