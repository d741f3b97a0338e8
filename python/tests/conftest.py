"""What the tests share: environments that are closed in any case, and programs that misbehave."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from avg_vision import PenEnv, PenVectorEnv

# Longer than any answer takes on a busy machine, and shorter than a program that hangs.
PATIENCE = 40.0


def lose_patience(environment: PenEnv) -> None:
    """Has the next answer wait for a second only."""
    server = environment._worlds.server
    server._patience = 1.0
    server._child.socket.settimeout(1.0)


@pytest.fixture
def make() -> Iterator[Callable[..., PenEnv]]:
    """Makes a pen."""
    made: list[PenEnv] = []

    def make(**options: Any) -> PenEnv:
        made.append(PenEnv(**options))
        return made[-1]

    yield make
    for environment in made:
        environment.close()


@pytest.fixture
def make_vector() -> Iterator[Callable[..., PenVectorEnv]]:
    """Makes some pens of one process."""
    made: list[PenVectorEnv] = []

    def make(num_envs: int, **options: Any) -> PenVectorEnv:
        made.append(PenVectorEnv(num_envs, **options))
        return made[-1]

    yield make
    for environment in made:
        environment.close()


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """Writes a program in Python that takes the place of avg-vision."""

    def write(text: str) -> str:
        path = tmp_path / "avg-vision"
        path.write_text(f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(Path(__file__).parent)!r})\n{text}\n")
        path.chmod(0o755)
        return str(path)

    return write


def descriptors() -> int:
    """How many sockets, handles of processes and memories of observations are open."""
    links = [os.readlink(entry.path) for entry in os.scandir("/proc/self/fd") if os.path.lexists(entry.path)]
    return sum(link.startswith(("socket:", "anon_inode:[pidfd]", "/memfd:")) for link in links)


@pytest.fixture(autouse=True)
def leaves_nothing() -> Iterator[None]:
    """No test leaves a process, a zombie or a descriptor behind."""
    before = descriptors()
    yield
    with pytest.raises(ChildProcessError):
        # There is no child: one that is running or a zombie would be found.
        os.waitpid(-1, os.WNOHANG)
    # An AsyncVectorEnv is a circle.
    gc.collect()
    assert descriptors() <= before
