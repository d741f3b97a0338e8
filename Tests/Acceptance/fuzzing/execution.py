"""Runs the program on a case and judges what it did."""
import os
import re
import shlex
import shutil
import signal
import tempfile
import time

LONGEST_SECONDS = 10
MOST_MEGABYTES = 512

# Without the backtracer a crash takes no time; a leak is nothing to a program that ends.
ENVIRONMENT = {"SWIFT_BACKTRACE": "enable=no", "ASAN_OPTIONS": "detect_leaks=0", "LC_ALL": "C.UTF-8", "TZ": "UTC"}

TRAPS = re.compile(rb"Fatal error|Swift runtime failure|(Address|Thread|UndefinedBehavior)Sanitizer|Assertion .*failed")


class Execution:
    """Runs cases, each in a folder of its own."""

    def __init__(self, program, work, is_sanitized):
        self.program, self.work, self.is_sanitized = program, work, is_sanitized
        self.environment = {**os.environ, **ENVIRONMENT}

    def run(self, case):
        """What came of a case: problem (None if it is well), seconds and megabytes."""
        result = self._once(case, LONGEST_SECONDS)
        if result["problem"] and result["problem"].startswith("hangs") and result["processor"] < LONGEST_SECONDS:
            # It waited, or was slowed: by the others of a busy machine, or for ever?
            result = self._once(case, 6 * LONGEST_SECONDS)
            if not result["problem"] and result["processor"] > LONGEST_SECONDS:
                result["problem"] = f"takes {result['processor']:.1f} s of the processor"
        return result

    def _once(self, case, limit):
        folder = tempfile.mkdtemp(dir=self.work)
        try:
            write(case, folder)
            return self._watch(case, folder, limit)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _watch(self, case, folder, limit):
        start = time.monotonic()
        said = os.path.join(folder, ".said")
        child = os.fork()
        if child == 0:
            self._become(case, folder, said)
        limit *= 5 if self.is_sanitized else 1
        timed_out, interrupt = False, case.interrupt

        def send(how, what):
            try:
                how(child, what)
            except ProcessLookupError:
                # It ended just now, or leads no group yet.
                pass

        def end(*_):
            nonlocal timed_out, interrupt
            if interrupt:
                interrupt = None
                send(os.kill, signal.SIGINT)
                signal.setitimer(signal.ITIMER_REAL, limit)
                return
            timed_out = True
            send(os.killpg, signal.SIGKILL)

        signal.signal(signal.SIGALRM, end)
        signal.setitimer(signal.ITIMER_REAL, interrupt or limit)
        _, status, usage = os.wait4(child, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        send(os.killpg, signal.SIGKILL)
        with open(said, "rb") as file:
            output = file.read(1 << 20)
        megabytes = usage.ru_maxrss / 1024
        return {"problem": self._problem(status, output, timed_out, limit, megabytes, case.interrupt and not interrupt),
                "processor": usage.ru_utime + usage.ru_stime, "seconds": time.monotonic() - start, "megabytes": megabytes}

    def _become(self, case, folder, said):
        try:
            os.setsid()
            os.chdir(folder)
            # A shell's background has it ignored, and so would the program.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            null = os.open("/dev/null", os.O_RDONLY)
            output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            for source, target in ((null, 0), (output, 1), (output, 2)):
                os.dup2(source, target)
            words = [w.encode("utf-8", "surrogateescape") for w in case.command]
            os.execve(self.program, [self.program.encode(), *words], self.environment)
        finally:
            os._exit(126)

    def _problem(self, status, output, timed_out, limit, megabytes, was_interrupted):
        if timed_out:
            return f"hangs: not done after {limit} s"
        if os.WIFSIGNALED(status) and was_interrupted and os.WTERMSIG(status) == signal.SIGINT:
            return None
        if os.WIFSIGNALED(status):
            return f"died of {signal.Signals(os.WTERMSIG(status)).name}: {self._last(output)}"
        if trap := TRAPS.search(output):
            return f"says {self._last(output[trap.start():trap.start() + 200])}"
        code = os.WEXITSTATUS(status)
        if code == 126 or code > 128 and code not in (130, 143):
            return f"exit status {code}: {self._last(output)}"
        if megabytes > MOST_MEGABYTES and not self.is_sanitized:
            return f"took {megabytes:.0f} MB"
        if code != 0 and not output.strip():
            return f"exit status {code} without a word"
        return None

    @staticmethod
    def _last(output):
        return output.decode(errors="replace").strip()[-300:].replace("\n", " | ")

    def keep(self, case, folder):
        """Leaves a case in a folder, with a script that repeats it."""
        os.makedirs(folder)
        write(case, folder)
        words = " ".join(shlex.quote(w) for w in [self.program, *case.command])
        script = os.path.join(folder, "repeat")
        with open(script, "w", errors="surrogateescape") as file:
            # In a copy, so that it can be repeated again.
            file.write("#!/bin/sh\nset -e\nwork=$(mktemp -d)\ncp -r \"$(dirname \"$0\")/.\" \"$work\"\ncd \"$work\"\n"
                       f"SWIFT_BACKTRACE=enable=no exec {words}\n")
        os.chmod(script, 0o755)


def write(case, folder):
    """Writes a case's files."""
    for path, data in case.files.items():
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
