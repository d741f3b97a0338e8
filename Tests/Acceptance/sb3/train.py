"""One training of Stable-Baselines3 on Create-Reacher: the folder then holds episodes.csv, as a run of this program has
it, and summary.json with time and memory.

  train.py {ppo,sac} FOLDER [--steps N] [--seed N] [--batch N] [--every N] [--threads N]

PPO: SB3's numbers, but 4 epochs, and rewards divided by the running deviation of returns (VecNormalize). SAC: SB3's
numbers, but for --batch and --every, the steps from one update to the next, and a buffer of 20,000 steps at most: a step
takes 259 kB there. Both see image and proprioception (MultiInputPolicy: SB3's NatureCNN with 256 features).
"""
import argparse
import csv
import json
import pathlib
import platform
import resource
import time

import avg_vision  # noqa: F401 (registers the environments)
import gymnasium
import stable_baselines3
import torch
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

LARGEST_BUFFER = 20_000


class EpisodeTable(BaseCallback):
    """Writes a line for each episode, as this program's episodes.csv has it, and how the training stands."""

    def __init__(self, folder: pathlib.Path) -> None:
        super().__init__()
        self.folder = folder
        self.episodes = self.successes = 0
        self.began, self.began_processor = time.monotonic(), time.process_time()

    def _on_training_start(self) -> None:
        self.file = (self.folder / "episodes.csv").open("w", newline="", buffering=1)
        self.table = csv.writer(self.file, lineterminator="\n")
        self.table.writerow(["step", "episode", "length", "return", "success"])

    def _on_step(self) -> bool:
        for info in self.locals["infos"]:
            if "episode" in info:
                self.episodes += 1
                self.successes += info["is_success"]
                length, total = info["episode"]["l"], info["episode"]["r"]
                self.table.writerow([self.num_timesteps, self.episodes, length, total, int(info["is_success"])])
                self.write_summary()
        return True

    def write_summary(self) -> None:
        """What it came to so far: a run that is broken off leaves it too."""
        elapsed, processor = time.monotonic() - self.began, time.process_time() - self.began_processor
        usage = resource.getrusage(resource.RUSAGE_SELF)
        summary = {
            "steps": self.num_timesteps,
            "episodes": self.episodes,
            "successes": int(self.successes),
            "seconds": round(elapsed, 1),
            "processorSeconds": round(processor, 1),
            "processorMillisecondsPerStep": round(1000 * processor / max(1, self.num_timesteps), 3),
            "peakMebibytes": usage.ru_maxrss // 1024,
            "versions": {
                "stable-baselines3": stable_baselines3.__version__,
                "torch": torch.__version__,
                "gymnasium": gymnasium.__version__,
                "python": platform.python_version(),
            },
        }
        (self.folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")


def model(options: argparse.Namespace) -> PPO | SAC:
    """The learner in its environment."""
    environment = DummyVecEnv([lambda: Monitor(gymnasium.make("avg_vision/CreateReacher-v0"), info_keywords=("is_success",))])
    common = {"policy": "MultiInputPolicy", "seed": options.seed, "device": "cpu"}
    if options.algorithm == "ppo":
        normalized = VecNormalize(environment, norm_obs=False, gamma=0.99)
        return PPO(env=normalized, n_epochs=4, n_steps=min(2048, options.steps), batch_size=options.batch or 64, **common)
    return SAC(
        env=environment, buffer_size=min(options.steps, LARGEST_BUFFER), batch_size=options.batch or 256,
        learning_starts=min(1000, options.steps // 2), train_freq=options.every, gradient_steps=1, **common)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("algorithm", choices=["ppo", "sac"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.folder.mkdir(parents=True, exist_ok=True)
    learner = model(options)
    table = EpisodeTable(options.folder)
    learner.learn(options.steps, callback=table)
    table.write_summary()
    learner.get_env().close()


main()
