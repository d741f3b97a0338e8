"""One training of Stable-Baselines3's SAC: train.py TASK FOLDER STEPS SEED. The folder then holds episodes.csv."""

import csv
import pathlib
import sys

import gymnasium
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.monitor import Monitor

from sb3_sac import ConfiguredSAC, configuration, read_settings


class EpisodeTable(BaseCallback):
    """Writes a line for each episode, with the columns of this program's episodes.csv that are needed."""

    def __init__(self, file):
        super().__init__()
        self.table = csv.writer(file, lineterminator="\n")
        self.table.writerow(["step", "return"])

    def _on_step(self):
        for info in self.locals["infos"]:
            if "episode" in info:
                self.table.writerow([self.num_timesteps, info["episode"]["r"]])
        return True


def main():
    task, folder, steps, seed = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    settings = read_settings(configuration(task))
    folder.mkdir(parents=True)
    learner = ConfiguredSAC(
        Monitor(gymnasium.make(task)), settings, seed=seed, buffer_size=min(steps, int(settings["steps"])))
    with (folder / "episodes.csv").open("w", newline="", buffering=1) as file:
        learner.learn(steps, callback=EpisodeTable(file))


main()
