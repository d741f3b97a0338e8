"""Small environments for check-gymnasium, registered as a package of somebody's would: images, Dicts, odd manners."""

import gymnasium
import numpy
from gymnasium import spaces


class Dot(gymnasium.Env):
    """A bright dot on a dark ground, which the action moves; its distance from the middle costs."""

    metadata = {"render_modes": [], "render_fps": 25}

    def __init__(self, order="HWC", channels=3, frames=1, size=(40, 60), form="image"):
        self.order, self.channels, self.frames, self.size, self.form = order, channels, frames, size, form
        lengths = {"H": size[0], "W": size[1], "C": channels, "N": frames}
        image = spaces.Box(0, 255, [lengths[axis] for axis in order], numpy.uint8)
        self.action_space = spaces.Box(-1, 1, (2,), numpy.float32)
        self.observation_space = image
        if form == "dict":
            self.observation_space = spaces.Dict(
                camera=image, place=spaces.Box(-1, 1, (2,), numpy.float64), count=spaces.Box(0, 99, (), numpy.int32)
            )

    def observe(self):
        rows, columns = self.size
        picture = numpy.zeros((self.frames, rows, columns, self.channels), numpy.uint8)
        y, x = ((self.place + 1) / 2 * (numpy.array(self.size) - 6)).astype(int)
        picture[:, y : y + 6, x : x + 6] = 255
        axes = ["NHWC".index(axis) for axis in self.order]
        others = tuple(axis for axis in range(4) if axis not in axes)
        picture = picture.transpose(others + tuple(axes)).reshape([picture.shape[axis] for axis in axes])
        if self.form == "dict":
            return {"camera": picture, "place": self.place.copy(), "count": numpy.int32(self.count)}
        return picture

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.count = self.np_random.uniform(-1, 1, 2), 0
        return self.observe(), {}

    def step(self, action):
        self.place = numpy.clip(self.place + 0.1 * action, -1, 1)
        self.count += 1
        distance = float(numpy.abs(self.place).max())
        return self.observe(), -distance, distance < 0.1, False, {"is_success": distance < 0.1}


class Talker(Dot):
    """Prints where others speak."""

    def step(self, action):
        print("not a protocol", flush=True)
        return super().step(action)


class Reshaper(Dot):
    """Changes the shape of what it shows."""

    def observe(self):
        picture = super().observe()
        return picture if self.count < 5 else picture[:10]


class Floater(Dot):
    """Shows floats where its space has bytes."""

    def observe(self):
        return super().observe() / 255


class Restarter(Dot):
    """Resets by itself, as some vector environments do."""

    def step(self, action):
        observation, reward, _, _, info = super().step(action)
        if self.count < 5:
            return observation, reward, False, False, info
        return self.reset()[0], reward, True, False, {"final_observation": observation}


for name, kind in [("Dot", Dot), ("Talker", Talker), ("Reshaper", Reshaper), ("Floater", Floater), ("Restarter", Restarter)]:
    gymnasium.register(f"small/{name}-v0", kind, max_episode_steps=100)


class Nothing(gymnasium.Env):
    """A world that costs nothing, for the cost of the bridge: 17 numbers, or a frame of 43,200 bytes."""

    def __init__(self, image=False):
        self.observation_space = spaces.Box(0, 255, (90, 160, 3), numpy.uint8) if image else spaces.Box(-1, 1, (17,))
        self.action_space = spaces.Box(-1, 1, (6,))
        self.observation = numpy.zeros(self.observation_space.shape, self.observation_space.dtype)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation, {}

    def step(self, action):
        return self.observation, 0.0, False, False, {}


gymnasium.register("small/Nothing-v0", Nothing, max_episode_steps=1000)
