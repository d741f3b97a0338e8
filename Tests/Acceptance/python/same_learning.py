"""Shows that the way through another process changes nothing: this program learns in its simulated pen, and with the same
seed in the pen that `avg-vision serve` serves to it; both leave the same episodes and the same weights, to the bit.
"""
import json
import pathlib
import struct
import tempfile

from library import PROGRAM, fail, run

STEPS, SEED = 1500, 3


def tensors(path: pathlib.Path) -> dict[str, bytes]:
    """The tensors of a safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {name: body[slice(*entry["data_offsets"])] for name, entry in header.items()}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulated, served = pathlib.Path(folder) / "simulated", pathlib.Path(folder) / "served"
        common = ["train", "--steps", str(STEPS), "--seed", str(SEED), "--quiet", "--output"]
        run(PROGRAM, *common, str(simulated))
        run(PROGRAM, *common, str(served), "--config", str(simulated / "configuration.yaml"),
            "--gymnasium-command", f"'{PROGRAM}' serve")
        if (simulated / "episodes.csv").read_bytes() != (served / "episodes.csv").read_bytes():
            fail("the episodes of the pen that is served are others")
        first, second = (tensors(path / "checkpoint.safetensors") for path in (simulated, served))
        if first.keys() != second.keys():
            fail(f"checkpoints of other tensors: {first.keys() ^ second.keys()}")
        for name, data in first.items():
            if data != second[name]:
                fail(f"the pen that is served taught another {name}")


main()
