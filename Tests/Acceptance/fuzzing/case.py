"""A case: files, and the command that reads them."""
from dataclasses import dataclass, field


@dataclass
class Case:
    # What follows the program's name.
    command: list
    # Contents by path, relative to the folder that the command runs in.
    files: dict = field(default_factory=dict)
    # Seconds after which the program is asked to end, where it would not by itself.
    interrupt: float = None


_SMALL = ["--config", "tiny.yaml", "--quiet"]

LOG_COMMANDS = {
    "info": ["log", "info", "x.mcap", "--metadata"],
    "repair": ["log", "repair", "x.mcap", "--output", "out.mcap"],
    "csv": ["log", "export", "x.mcap", "--output", "out", "--format", "csv"],
    "png": ["log", "export", "x.mcap", "--output", "out", "--format", "png"],
    "jpeg": ["log", "export", "x.mcap", "--output", "out", "--format", "jpeg"],
    "avi": ["log", "export", "x.mcap", "--output", "out", "--format", "avi"],
    "camera": ["--camera", "x.mcap", "--steps", "3", "--output", "out", *_SMALL],
    "record": ["record", "out.mcap", "--camera", "x.mcap", "--steps", "3"],
    "replay": ["replay", "x.mcap"],
    "learn": ["replay", "x.mcap", "--learn", "--output", "out"],
}

RUN_COMMANDS = {
    "resume": ["train", "--resume", "run", "--steps", "14", "--quiet"],
    "evaluate": ["evaluate", "run", "--episodes", "1"],
    "start": ["--camera", "run.mcap", "--start-from", "run", "--no-learn", "--steps", "2", "--output", "out", *_SMALL],
    "curves": ["plot", "run", "--output", "out.svg"],
    "latencies": ["plot", "run", "--kind", "latencies", "--output", "out.png"],
    "paths": ["plot", "run", "--kind", "paths", "--episodes", "1"],
    "summary": ["sweep", "study.yaml", "--summary", "--output", "study"],
}

CONFIGURATION = b""


def log_case(command, data):
    """A command on a log."""
    return Case(LOG_COMMANDS[command], {"x.mcap": data, "tiny.yaml": CONFIGURATION})


def run_case(command, seeds, changed, interrupt=None):
    """A command on a run's folder, or on a study's, with some of the files changed."""
    name = command if isinstance(command, str) else None
    files = {"tiny.yaml": seeds.configuration}
    files |= {"run/" + path: data for path, data in seeds.run.items()}
    if name == "start":
        files["run.mcap"] = seeds.log
    if name == "summary" or not name and "sweep" in command:
        files |= {"study/" + path: data for path, data in seeds.sweep.items()} | {"study.yaml": seeds.study}
        # What is changed in a run is changed in every run of the study.
        for path in seeds.sweep:
            run = "run/" + path.rsplit("/", 1)[-1]
            if run in changed:
                files["study/" + path] = changed[run]
    return Case(RUN_COMMANDS[name] if name else command, files | changed, interrupt)
