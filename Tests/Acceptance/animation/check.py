"""What Pillow finds in an animation of the program's.

check.py FILE PANELS
"""

import os
import sys

from PIL import Image

PANEL, GAP, HEADING = 256, 16, 46


def is_green(pixel):
    red, green, blue = pixel
    return green > red + 40 and green > blue + 40


def main(path, panels):
    image = Image.open(path)
    width = GAP + panels * (PANEL + GAP)
    assert image.format == "GIF" and image.info["loop"] == 0
    assert image.n_frames == 150, image.n_frames
    assert image.size[0] == width, image.size
    assert os.path.getsize(path) < 1_500_000, os.path.getsize(path)
    moved = [0] * panels
    saw = [0] * panels
    before = None
    for index in range(image.n_frames):
        image.seek(index)
        assert image.info["duration"] == 80
        picture = image.convert("RGB")
        for panel in range(panels):
            left = GAP + panel * (PANEL + GAP)
            floor = (left, HEADING, left + PANEL, image.size[1] - 90 - 2 * GAP)
            view = picture.crop((left + 48, image.size[1] - 90 - GAP, left + 208, image.size[1] - GAP))
            moved[panel] += before is not None and picture.crop(floor).tobytes() != before.crop(floor).tobytes()
            saw[panel] += sum(map(is_green, view.get_flattened_data())) > 100
        before = picture
    # A robot stands for a few pictures at the end of each episode, and an untrained one looks at a wall for long.
    assert min(moved) > 50, moved
    assert min(saw) > 0 and max(saw) > 50, saw


main(sys.argv[1], int(sys.argv[2]))
