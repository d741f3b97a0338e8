"""Trainings in Gymnasium's own environments, MuJoCo's among them, and in small ones of small_worlds.py."""

import csv
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from library import PROGRAM, capture, check, is_running, run

HERE = pathlib.Path(__file__).resolve().parent
os.environ["PYTHONPATH"] = f"{HERE}:{os.environ.get('PYTHONPATH', '')}"
work = tempfile.TemporaryDirectory()
# MuJoCo writes its warnings into a file of the folder that it is started in.
os.chdir(work.name)
count = 0


def train(environment, steps, *options, **changes):
    """A training's folder, and what it said."""
    global count
    count += 1
    folder = f"{work.name}/{count}"
    settings = [f"--set=gymnasium.{key}={value}" for key, value in changes.items()]
    result = run(
        PROGRAM, "train", "--gymnasium", environment, "--python", sys.executable, "--steps", str(steps), "--output",
        folder, *options, *settings,
    )
    return folder, result.stderr


def refused(environment, words, **changes):
    """Whether a training ends with one line that has these words in it."""
    settings = [f"--set=gymnasium.{key}={value}" for key, value in changes.items()]
    result = capture(
        PROGRAM, "train", "--gymnasium", environment, "--python", sys.executable, "--steps", "300", "--output",
        f"{work.name}/refused-{time.monotonic_ns()}", *settings,
    )
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    if result.returncode != 1 or len(lines) != 1 or words not in lines[0]:
        print(result.stderr)
        return False
    return True


def digest(folder):
    return hashlib.sha256(pathlib.Path(f"{folder}/checkpoint.safetensors").read_bytes()).hexdigest()


def episodes(folder):
    return list(csv.DictReader(open(f"{folder}/episodes.csv")))


# Vectors, and the bytes.
for environment, steps in [("Pendulum-v1", 2000), ("HalfCheetah-v4", 3000)]:
    first, said = train(environment, steps)
    check("gymnasium 1.4.0" in said, f"{environment}: the run says what it learns in")
    second, _ = train(environment, steps)
    other, _ = train(environment, steps, "--seed", "2")
    check(digest(first) == digest(second) != digest(other), f"{environment}: the same seed twice, the same bytes")
lengths = {int(row["length"]) for row in episodes(first)}
check(lengths == {1000}, "HalfCheetah-v4: every episode has the 1,000 steps of its time limit")
pendulum, _ = train("Pendulum-v1", 1000, "--set", "training.order=actThenLearn")
check(len(episodes(pendulum)) == 5, "Pendulum-v1 in the order act, then learn")

# Every command that takes a run.
report = json.loads(run(PROGRAM, "evaluate", first, "--episodes", "2", "--json").stdout)
again = json.loads(run(PROGRAM, "evaluate", first, "--episodes", "2", "--json").stdout)
check(report == again and report["episodes"] == 2 and report["meanReturn"] < 0, "evaluate measures it, twice the same")
chance = run(
    PROGRAM, "evaluate", "--gymnasium", "Pendulum-v1", "--python", sys.executable, "--policy", "random", "--episodes",
    "20", "--json",
)
check(-1700 < json.loads(chance.stdout)["meanReturn"] < -900, "chance swings Pendulum-v1 up as seldom as Gymnasium says")
run(PROGRAM, "plot", first, "--output", f"{work.name}/curve.png")
check(os.path.getsize(f"{work.name}/curve.png") > 1000, "plot draws its curve")
study = f"{work.name}/study.yaml"
pathlib.Path(f"{work.name}/pendulum.yaml").write_text(
    f"gymnasium:\n  id: Pendulum-v1\n  python: {sys.executable}\n"
)
pathlib.Path(study).write_text(
    "title: Pendulum\nconfiguration: pendulum.yaml\nsteps: 600\nseeds: [1, 2]\nevaluationEpisodes: 2\n"
)
run(PROGRAM, "sweep", study, "--output", f"{work.name}/sweep")
table = pathlib.Path(f"{work.name}/sweep/summary.md").read_text()
check("random" in table and len(list(pathlib.Path(f"{work.name}/sweep").glob("default/seed-*/"))) == 2, "sweep trains two seeds")

# Recorded and replayed, to the bit.
for environment, options, changes in [
    ("Pendulum-v1", [], {}), ("HalfCheetah-v4", ["--set", "training.order=actThenLearn"], {}),
    ("small/Dot-v0", [], {"imports": "[small_worlds]", "keywords": "[form=dict]"}),
]:
    log = f"{work.name}/{len(os.listdir(work.name))}.mcap"
    folder, _ = train(environment, 450, "--record", log, *options, **changes)
    said = run(PROGRAM, "replay", log).stdout
    check("steps             450" in said and "identical" in said, f"{environment}: a recorded run is replayed to the bit")
    replayed = run(PROGRAM, "replay", log, "--learn", "--output", f"{log}.replayed").stdout.strip()
    # The log's end cuts off one more.
    check(episodes(replayed)[: len(episodes(folder))] == episodes(folder), f"{environment}: learning from the log sees the same episodes")
began = time.monotonic()
train("Pendulum-v1", 100, pace="program", periodSeconds=0.01)
check(time.monotonic() - began > 1, "where the program keeps the time, a step lasts a control cycle")

# A run that is killed goes on.
folder = f"{work.name}/killed"
process = subprocess.Popen(
    [PROGRAM, "train", "--gymnasium", "HalfCheetah-v4", "--python", sys.executable, "--steps", "100000", "--output", folder,
     "--set", "training.checkpointIntervalSteps=500"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
while not os.path.exists(f"{folder}/checkpoint.safetensors"):
    time.sleep(0.05)
children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
process.send_signal(signal.SIGKILL)
process.wait()
time.sleep(1)
check(children and not any(map(is_running, children)), "the environment ends with a learner that is killed")
result = run(PROGRAM, "train", "--resume", folder, "--steps", "4000")
check("goes on with a new episode" in result.stderr, "a run that was killed goes on, and says that it begins an episode")
rows = episodes(folder)
check(
    [int(row["episode"]) for row in rows] == list(range(1, len(rows) + 1)) and int(rows[-1]["step"]) <= 4000,
    "its episodes are in order",
)

# Images in every order, and a Dict.
small = {"imports": "[small_worlds]", "frameStack": 2}
for order, channels, frames in [("HW", 1, 1), ("HWC", 3, 1), ("CHW", 3, 1), ("HWC", 1, 1), ("NHWC", 3, 3), ("NCHW", 1, 4), ("CHW", 9, 1)]:
    words = json.dumps([f"order={order}", f"channels={channels}", f"frames={frames}"])
    train("small/Dot-v0", 120, keywords=words, **small)
    check(True, f"images {order} of {channels} channels, {frames} frames")
first, _ = train("small/Dot-v0", 150, keywords='["size=(90, 160)", "form=dict"]', **small)
second, _ = train("small/Dot-v0", 150, keywords='["size=(90, 160)", "form=dict"]', **small)
check(digest(first) == digest(second), "a Dict of an image through shared memory and signals: the same bytes twice")
train("small/Dot-v0", 120, keywords='["form=dict"]', frames="none", signals="[place]", imports="[small_worlds]")
check(True, "a Dict's signals alone")
folder, _ = train("small/Dot-v0", 300, wrappers='["FlattenObservation"]', maximumEpisodeSteps=50, **small)
check(all(int(row["length"]) <= 50 for row in episodes(folder)), "a wrapper, and a time limit of the configuration's")
train("small/Talker-v0", 200, **small)
check(True, "what an environment prints is no protocol")

# What cannot be learned in, or does not keep its word.
check(refused("CartPole-v1", "Discrete(2)"), "discrete actions are refused, with what is supported")
check(refused("FrozenLake-v1", "Discrete("), "discrete observations are refused")
check(refused("Nothing-v0", "gymnasium.make"), "an environment that is not there")
check(refused("small/Dot-v0", "small_words", imports="[small_words]"), "a module that is not there")
check(refused("Pendulum-v1", "Nonsense", wrappers="[Nonsense]"), "a wrapper that is not there")
check(refused("Pendulum-v1", "is not NAME", wrappers='["import os"]'), "a wrapper that is none")
check(refused("small/Reshaper-v0", "has the shape (10, 60, 3)", **small), "an observation of another shape than its space's")
check(refused("small/Floater-v0", "is float64, not uint8", **small), "an observation of another type than its space's")
check(refused("small/Restarter-v0", "resets by itself", **small), "an environment that resets by itself")
check(refused("small/Dot-v0", "There are 'camera'", keywords="[form=dict]", frames="eye", imports="[small_worlds]"), "a part that is not there")

# No step allocates.
counter = f"{work.name}/count.so"
subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-o", counter, HERE / "count_allocations.c", "-ldl"], check=True)


def allocations(steps, environment, *settings):
    global count
    count += 1
    result = subprocess.run(
        [PROGRAM, "train", "--gymnasium", environment, "--python", sys.executable, "--steps", str(steps), "--quiet",
         "--output", f"{work.name}/{count}", "--set", "training.pictureIntervalSteps=0", *settings],
        env=dict(os.environ, LD_PRELOAD=counter), capture_output=True, text=True, check=True)
    return int(result.stderr.split("allocations")[1].split()[0])


dot = ["--set", "gymnasium.imports=[small_worlds]", "--set", "gymnasium.keywords=[\"size=(90, 160)\"]"]
for environment, few, many, settings in [("HalfCheetah-v4", 1100, 1900, []), ("small/Dot-v0", 120, 180, dot)]:
    more = allocations(many, environment, *settings) - allocations(few, environment, *settings)
    check(more < (many - few) / 4, f"{environment}: {more} allocations in {many - few} steps more")
