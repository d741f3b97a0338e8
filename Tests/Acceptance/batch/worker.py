"""A learner in PyTorch in a process of its own, which updates when it is asked to: worker.py KIND BATCH.

For each number on standard input it prints the processor milliseconds of so many updates as JSON, with the version of what
it stands on and the most memory that the process had beside the transitions.
"""

import json
import resource
import sys
import time

import torch

KEPT = 1000


class Vectors:
    """Stable-Baselines3's SAC on HalfCheetah's numbers of signals and actions, its replay buffer filled with noise."""

    warm_up = 20

    def __init__(self, batch):
        import gymnasium
        import numpy as np
        import stable_baselines3

        from sb3_sac import ConfiguredSAC, configuration, read_settings

        class Noise(gymnasium.Env):
            observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (17,), np.float64)
            action_space = gymnasium.spaces.Box(-1, 1, (6,), np.float32)

            def reset(self, *, seed=None, options=None):
                super().reset(seed=seed)
                return self.np_random.standard_normal(17), {}

            def step(self, action):
                return self.np_random.standard_normal(17), -1.0, False, False, {}

        self.batch, self.version = batch, f"Stable-Baselines3 {stable_baselines3.__version__}, PyTorch {torch.__version__}"
        settings = read_settings(configuration("HalfCheetah-v4")) | {"warmUpSteps": KEPT}
        self.learner = ConfiguredSAC(Noise(), settings, buffer_size=KEPT, seed=1)
        # Fills the buffer: nothing is learned before its last step.
        self.learner.learn(KEPT)
        kept = self.learner.replay_buffer
        self.kept_bytes = sum(part.nbytes for part in vars(kept).values() if hasattr(part, "nbytes"))

    def update(self):
        self.learner.train(1, self.batch)


class Pixels:
    """ReLoD's SAC from pixels, on stacks of random images, from which a batch is drawn as its buffer draws it."""

    warm_up = 1

    def __init__(self, batch):
        from relod_sac import ACTIONS, CHANNELS, FRAME, SIGNALS, RelodSAC

        self.batch, self.version = batch, f"PyTorch {torch.__version__}"
        torch.manual_seed(1)
        self.learner = RelodSAC()
        kept = min(KEPT, 2 * batch)
        self.images = torch.randint(0, 256, (kept + 1, CHANNELS, *FRAME), dtype=torch.uint8)
        self.signals = torch.randn(kept + 1, SIGNALS)
        self.actions, self.rewards, self.dones = torch.rand(kept, ACTIONS), -torch.ones(kept, 1), torch.zeros(kept, 1)
        self.kept_bytes = self.images.nbytes

    def update(self):
        drawn = torch.randint(0, len(self.actions), (self.batch,))
        self.learner.update(
            self.images[drawn], self.signals[drawn], self.actions[drawn], self.rewards[drawn], self.images[drawn + 1],
            self.signals[drawn + 1], self.dones[drawn])


def main():
    learner = {"vectors": Vectors, "pixels": Pixels}[sys.argv[1]](int(sys.argv[2]))
    for _ in range(learner.warm_up):
        learner.update()
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            before = time.process_time()
            learner.update()
            times.append(1000 * (time.process_time() - before))
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - learner.kept_bytes / 2**20
        print(json.dumps({"times": times, "version": learner.version, "mebibytes": resident}), flush=True)


main()
