#!/usr/bin/env bash
# Gymnasium 1.4.0, MuJoCo 4.0.0 (imageio 2.38.1, packaging 26.4, NumPy 2.4.6), Python 3.11.
#
# What MuJoCo derives from the joints (positions of bodies, centres of mass) is from before the last integration when mj_step
# returns; its documentation says so. Gymnasium mixes both in one observation: Pusher-v5 gives joint angles of now and the
# tip of the arm of one physics step (10 ms) earlier, up to a centimetre away, and rewards the distance from there. Only after
# reset() do they agree. With the Runge-Kutta integrator (Ant, Humanoid, Reacher) they are from no moment at all, but from
# the fourth trial state, which is thrown away: Ant-v5's x_velocity, which is rewarded, is not what its x_position moves by.
#
# Output seen (the digits may differ between processors; what is checked is their size):
#   Pusher-v5, tip of the arm against its own joint angles: 0.0 mm after reset, up to 10.3 mm in 100 steps
#   the same of the angles one physics step earlier: 0.0 mm
#   Ant-v5, x_velocity against the change of x_position: differs by up to 0.045 m/s in 45 steps
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q gymnasium==1.4.0 mujoco==4.0.0 imageio==2.38.1 packaging==26.4 numpy==2.4.6
"$folder/venv/bin/python" - <<'P'
import sys
import gymnasium, mujoco, numpy


def tip(model, angles):
    """Where the tip of Pusher's arm is at these joint angles, by MuJoCo's own kinematics."""
    data = mujoco.MjData(model)
    data.qpos[:] = angles
    mujoco.mj_kinematics(model, data)
    return data.body("tips_arm").xpos


pusher = gymnasium.make("Pusher-v5")
pusher.action_space.seed(0)
observation, _ = pusher.reset(seed=0)
model, data = pusher.unwrapped.model, pusher.unwrapped.data
at_reset = numpy.linalg.norm(observation[14:17] - tip(model, data.qpos))
now, earlier = [], []
for _ in range(100):
    observation, *_ = pusher.step(pusher.action_space.sample())
    now.append(numpy.linalg.norm(observation[14:17] - tip(model, data.qpos)))
    # Euler's method: angles += time step * (new) velocities.
    earlier.append(numpy.linalg.norm(observation[14:17] - tip(model, data.qpos - model.opt.timestep * data.qvel)))
print(
    f"Pusher-v5, tip of the arm against its own joint angles: {1e3 * at_reset:.1f} mm after reset,",
    f"up to {1e3 * max(now):.1f} mm in 100 steps",
)
print(f"the same of the angles one physics step earlier: {1e3 * max(earlier):.1f} mm")

ant = gymnasium.make("Ant-v5")
ant.action_space.seed(0)
_, info = ant.reset(seed=0)
differences, is_over = [], False
while not is_over and len(differences) < 45:
    before = info["x_position"]
    _, _, is_over, _, info = ant.step(ant.action_space.sample())
    differences.append(abs(info["x_velocity"] - (info["x_position"] - before) / ant.unwrapped.dt))
print(
    f"Ant-v5, x_velocity against the change of x_position: differs by up to {max(differences):.3f} m/s",
    f"in {len(differences)} steps",
)
sys.exit(not (at_reset < 1e-12 and max(now) > 5e-3 and max(earlier) < 1e-9 and max(differences) > 1e-2))
P
