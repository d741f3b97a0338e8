"""The forms in which an environment gives its observations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Observation: TypeAlias = dict[str, Array] | Array
FormName = Literal["dict", "float-dict", "flat", "image"]

WHITE = np.float32(255)


@dataclass(frozen=True)
class Form:
    """How image and proprioception become what a learner is given."""

    space: spaces.Space[Any]
    # Writes image [height, width, channels] and proprioception into an observation of the space.
    write: Callable[[Array, Array, Any], None]


def form(name: str, source: spaces.Dict) -> Form:
    """The form of a name.

    Args:
        name: `dict`, image as uint8 and proprioception as float32; `float-dict`, the image as float32 of 0…1; `flat`,
            both in one vector of float32, as Gymnasium's `FlattenObservation` has them; `image`, the image alone.
        source: what the server gives.

    Raises:
        ValueError: there is no such form.
    """
    image, proprioception = source["image"], source["proprioception"]
    assert isinstance(image, spaces.Box) and isinstance(proprioception, spaces.Box)
    floats = spaces.Dict({"image": spaces.Box(0, 1, image.shape, np.float32), "proprioception": proprioception})
    match name:
        case "dict":
            return Form(source, _write_dict)
        case "float-dict":
            return Form(floats, _write_float_dict)
        case "flat":
            return Form(spaces.flatten_space(floats), _write_flat)
        case "image":
            return Form(image, _write_image)
    raise ValueError(f"observations: there is no form {name!r}. There are dict, float-dict, flat and image.")


def empty(space: spaces.Space[Any], count: int | None = None) -> Observation:
    """Memory for an observation, or for so many of them."""
    before = () if count is None else (count,)
    if isinstance(space, spaces.Dict):
        return {name: np.empty(before + (box.shape or ()), box.dtype) for name, box in space.spaces.items()}
    return np.empty(before + (space.shape or ()), space.dtype)


def at(batch: Observation, index: int) -> Observation:
    """One observation of a batch: its own memory, not a copy."""
    if isinstance(batch, dict):
        return {name: array[index] for name, array in batch.items()}
    one: Array = batch[index]
    return one


def _write_dict(image: Array, proprioception: Array, out: dict[str, Array]) -> None:
    out["image"][...] = image
    out["proprioception"][...] = proprioception


def _write_float_dict(image: Array, proprioception: Array, out: dict[str, Array]) -> None:
    np.divide(image, WHITE, out=out["image"])
    out["proprioception"][...] = proprioception


def _write_flat(image: Array, proprioception: Array, out: Array) -> None:
    np.divide(image, WHITE, out=out[: image.size].reshape(image.shape))
    out[image.size :] = proprioception


def _write_image(image: Array, proprioception: Array, out: Array) -> None:
    out[...] = image
