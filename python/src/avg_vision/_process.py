"""The program avg-vision as a child process: finding it, starting it with a socket, and its end."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import tempfile
from collections.abc import Sequence
from typing import IO

from .errors import ServerError

# Where the program finds its socket.
DESCRIPTOR = 3
# How long it may take to end when it is told to, in seconds.
LAST_PATIENCE = 5.0


def find_program(program: str | None) -> str:
    """The path of avg-vision: as named, else as the variable AVG_VISION names it, else on the PATH.

    Raises:
        ServerError: there is none.
    """
    named = program or os.environ.get("AVG_VISION")
    found = shutil.which(named or "avg-vision")
    if found:
        return found
    if named:
        origin = "program" if program else "the variable AVG_VISION"
        raise ServerError(f"avg-vision: {origin} names {named}, which is no program that can be run. Name its path.")
    raise ServerError(
        "avg-vision: the program was not found: the variable AVG_VISION is not set, and it is not on the PATH. Build it "
        "(swift build -c release) and set AVG_VISION=.build/release/avg-vision, or install it with scripts/install."
    )


def _spawn(arguments: Sequence[str], printed: int, theirs: int) -> int:
    """Starts a program whose output goes to a file, and which finds a socket at its descriptor.

    Not by subprocess, which can keep a descriptor but not give it a number. It is in a group of its own, for Ctrl-C means
    the learner: the program sees the end of its socket.
    """
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, printed, 1),
        (os.POSIX_SPAWN_DUP2, printed, 2),
        (os.POSIX_SPAWN_DUP2, theirs, DESCRIPTOR),
    ]
    try:
        return os.posix_spawn(arguments[0], list(arguments), os.environ, file_actions=actions, setpgroup=0)
    except OSError as error:
        raise ServerError(f"{arguments[0]}: it cannot be started: {error.strerror}. Name another program.") from None


class Child:
    """A child process that speaks through a socket; what it prints goes to a file that is shown if it fails."""

    def __init__(self, arguments: Sequence[str]) -> None:
        """Starts a program.

        Args:
            arguments: its path, and what it is told.
        """
        with contextlib.ExitStack() as undo:
            self.socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            undo.enter_context(self.socket)
            with theirs:
                self._printed: IO[bytes] = undo.enter_context(tempfile.TemporaryFile())
                self.pid = _spawn(arguments, self._printed.fileno(), theirs.fileno())
            undo.callback(os.waitpid, self.pid, 0)
            undo.callback(os.kill, self.pid, signal.SIGKILL)
            self._handle = os.pidfd_open(self.pid)
            undo.pop_all()
        # One environment ends one process: a fork of the learner must not.
        self._owner = os.getpid()
        self._ending: str | None = None

    @property
    def is_ours(self) -> bool:
        """Whether this process started it, and not the one that this was forked from."""
        return os.getpid() == self._owner

    def end(self, patience: float = LAST_PATIENCE) -> str:
        """Closes the socket, which ends the program, waits for that, and kills it where it takes too long.

        Returns:
            How it ended, in words.
        """
        if self._ending is None and self.is_ours:
            self.socket.close()
            ending = select.poll()
            ending.register(self._handle, select.POLLIN)
            if not ending.poll(1000 * patience):
                signal.pidfd_send_signal(self._handle, signal.SIGKILL)
            self._ending = self._reap() + self._last_words()
            os.close(self._handle)
            self._printed.close()
        return self._ending or "it belongs to another process"

    def _reap(self) -> str:
        try:
            _, status = os.waitpid(self.pid, 0)
        except ChildProcessError:
            # Somebody waits for all children of this process.
            return "it has ended"
        if os.WIFSIGNALED(status):
            return f"it was ended by signal {os.WTERMSIG(status)}"
        return f"it ended with status {os.WEXITSTATUS(status)}"

    def _last_words(self) -> str:
        self._printed.seek(0, os.SEEK_END)
        self._printed.seek(max(0, self._printed.tell() - 2000))
        words = " ".join(self._printed.read().decode(errors="replace").split())
        return f" and said: {words}" if words else ""
