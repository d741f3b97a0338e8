#!/usr/bin/env bash
# cpprb 11.0.0 (NumPy 2.4.6), Python 3.11.
#
# With Nstep={"size": n, ...} the buffer sums n rewards and gives the observation n steps on as next_obs. The last n - 1
# transitions of an episode have fewer rewards left; on_episode_end() stores them with the right sums, but their next_obs
# is the observation after the very first step that the buffer was ever given. Where the episode terminated, done hides
# it. Where it was truncated, done is 0, and the learner bootstraps from an observation of another moment or episode.
#
# Output seen (n = 3, two truncated episodes of 5 and 6 steps; step k of episode e has the observations 100 e + k and + 1):
#   of 0: 3 rewards, next_obs 3
#   of 1: 3 rewards, next_obs 4
#   of 2: 3 rewards, next_obs 5
#   of 3: 2 rewards, next_obs 1, where 5 was given
#   of 4: 1 rewards, next_obs 1, where 5 was given
#   of 100: 3 rewards, next_obs 103
#   of 101: 3 rewards, next_obs 104
#   of 102: 3 rewards, next_obs 105
#   of 103: 3 rewards, next_obs 106
#   of 104: 2 rewards, next_obs 1, where 106 was given
#   of 105: 1 rewards, next_obs 1, where 106 was given
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q cpprb==11.0.0 numpy==2.4.6
"$folder/venv/bin/python" - <<'P'
import sys
from cpprb import ReplayBuffer

N, LENGTHS = 3, (5, 6)
buffer = ReplayBuffer(
    64,
    {"obs": {}, "rew": {}, "next_obs": {}, "done": {}},
    Nstep={"size": N, "gamma": 1.0, "rew": "rew", "next": "next_obs"},
)
for episode, length in enumerate(LENGTHS):
    for step in range(length):
        at = 100 * episode + step
        buffer.add(obs=at, rew=1.0, next_obs=at + 1, done=0.0)  # the time ran out: nothing terminates
    buffer.on_episode_end()

stored = buffer.get_all_transitions()
wrong = []
for at, rewards, after in zip(*(stored[name].ravel().astype(int).tolist() for name in ("obs", "rew", "next_obs"))):
    end = 100 * (at // 100) + LENGTHS[at // 100]
    right = min(at + N, end)
    print(f"of {at}: {rewards} rewards, next_obs {after}" + ("" if after == right else f", where {right} was given"))
    if after != right:
        wrong.append((at, rewards, after))
sys.exit(wrong != [(3, 2, 1), (4, 1, 1), (104, 2, 1), (105, 1, 1)] or any(stored["done"]))
P
