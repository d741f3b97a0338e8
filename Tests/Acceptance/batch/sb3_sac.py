"""Stable-Baselines3's SAC with the settings of a file in configs/batch."""

import os
import re

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import torch
from stable_baselines3 import SAC

from library import REPOSITORY, fail

torch.set_num_threads(1)


def configuration(task):
    """The file in configs/batch that has SAC on this task."""
    for file in sorted((REPOSITORY / "configs/batch").glob("sac-*.yaml")):
        if re.search(rf"^  id: {re.escape(task)}$", file.read_text(), re.MULTILINE):
            return file
    fail(f"no file configs/batch/sac-*.yaml has {task}")


class ConfiguredSAC(SAC):
    """SB3's learner, with a step size of its own for each of actor, critics and temperature."""

    def __init__(self, environment, settings, **keywords):
        self.rates = [settings[key] for key in ("actorLearningRate", "criticLearningRate", "temperatureLearningRate")]
        units = int(settings["hiddenUnits"])
        super().__init__(
            "MlpPolicy", environment, device="cpu", gamma=settings["discount"], tau=settings["targetNetworkRate"],
            batch_size=int(settings["samples"]), learning_starts=int(settings["warmUpSteps"]), train_freq=1,
            gradient_steps=int(settings["updatesPerStep"]), ent_coef=f"auto_{settings['initialTemperature']}",
            policy_kwargs={"net_arch": [units, units]}, **keywords)

    def _update_learning_rate(self, optimizers):
        for optimizer, rate in zip([self.actor.optimizer, self.critic.optimizer, self.ent_coef_optimizer], self.rates):
            for group in optimizer.param_groups:
                group["lr"] = rate


def read_settings(file):
    """Of each key of a configuration that has a number, the number."""
    pairs = re.findall(r"^\s+(\w+): (-?[0-9.]+)$", file.read_text(), re.MULTILINE)
    return {key: float(value) for key, value in pairs}
