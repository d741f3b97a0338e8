"""The simulated pen of avg-vision as environments of Gymnasium.

Importing this package registers them:

    import avg_vision
    import gymnasium

    environment = gymnasium.make("avg_vision/CreateReacher-v0")

or, in one, `gymnasium.make("avg_vision:avg_vision/CreateReacher-v0")`. There are `CreateReacher-v0` and `CreateMover-v0`,
both with observations that are one vector (`CreateReacherFlat-v0`) and in each of the harder worlds
(`CreateReacherWheelSlip-v0`), and `CreateReacherLargePen-v0`. The program `avg-vision`
does the simulation; the variable AVG_VISION names it where it is not on the PATH.
"""

from gymnasium.envs.registration import register, registry

from ._observations import FormName, Observation
from ._server import PACKAGE_VERSION as __version__
from ._worlds import Options, world_names
from .environment import PenEnv
from .errors import ServerError
from .vector import PenVectorEnv

__all__ = [
    "FormName",
    "Observation",
    "Options",
    "PenEnv",
    "PenVectorEnv",
    "ServerError",
    "__version__",
    "world_names",
]


def _register() -> None:
    """Makes the environments known to Gymnasium."""
    tasks = {"CreateReacher": "create-reacher", "CreateMover": "create-mover"}
    found: dict[str, dict[str, str]] = {"CreateReacherLargePen": {"config": "large-pen"}}
    for prefix, task in tasks.items():
        found[prefix] = {"task": task}
        found[prefix + "Flat"] = {"task": task, "observations": "flat"}
        for world in world_names():
            if world != "large-pen":
                name = "".join(word.capitalize() for word in world.split("-"))
                found[prefix + name] = {"task": task, "world": world}
    for name, options in found.items():
        identity = f"avg_vision/{name}-v0"
        if identity not in registry:
            register(
                identity,
                entry_point="avg_vision.environment:PenEnv",
                vector_entry_point="avg_vision.vector:PenVectorEnv",
                kwargs=options,
            )


_register()
