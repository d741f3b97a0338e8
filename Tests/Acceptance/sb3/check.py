"""Shows that Stable-Baselines3 takes the environments and trains on them: its checker on every form of observations; PPO
for some thousand steps, twice with the same seed, to the same weights.
"""
import warnings

import gymnasium
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env

import avg_vision  # noqa: F401 (registers the environments)
from library import fail

NAME, STEPS = "avg_vision/CreateReacher-v0", 2048


def check_forms() -> None:
    for form in ("dict", "image", "flat", "float-dict"):
        environment = gymnasium.make(NAME, observations=form)
        with warnings.catch_warnings():
            # It warns of the image of floats, which is for learners that want floats.
            warnings.simplefilter("default" if form == "float-dict" else "error")
            check_env(environment.unwrapped)
        environment.close()


def train() -> dict[str, torch.Tensor]:
    environment = gymnasium.make(NAME, settings={"task.timeLimitSteps": 100})
    learner = PPO("MultiInputPolicy", environment, n_steps=512, n_epochs=2, seed=1, device="cpu")
    before = {name: weights.clone() for name, weights in learner.policy.state_dict().items()}
    learner.learn(STEPS)
    after = learner.policy.state_dict()
    learner.get_env().close()
    if learner.num_timesteps != STEPS or len(learner.ep_info_buffer) < STEPS // 100:
        fail(f"PPO did {learner.num_timesteps} steps and {len(learner.ep_info_buffer)} episodes")
    for name, weights in after.items():
        if torch.equal(weights, before[name]) or not torch.isfinite(weights).all():
            fail(f"PPO: {name} was not learned")
    return after


def main() -> None:
    torch.set_num_threads(1)
    check_forms()
    first, second = train(), train()
    for name, weights in first.items():
        if not torch.equal(weights, second[name]):
            fail(f"PPO with the same seed twice: {name} differs")


main()
