"""Reads a run's configuration.yaml and every file in configs/ with PyYAML: what this program takes for numbers are numbers."""

import sys

import yaml

from library import REPOSITORY, fail


def leaves(tree, key=""):
    """The values of a tree by their keys."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from leaves(value, f"{key}.{name}" if key else name)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from leaves(value, f"{key}[{index}]")
    else:
        yield key, tree


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


def main():
    written = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
    configs = REPOSITORY / "configs"
    files = sorted(configs.rglob("*.yaml"))
    count = 0
    for name, tree in [(sys.argv[1], written)] + [(file, yaml.safe_load(file.read_text("utf-8"))) for file in files]:
        for key, value in leaves(tree):
            if isinstance(value, str) and is_number(value):
                fail(f"{name}: {key}: {value!r} is text to PyYAML")
            count += isinstance(value, (int, float)) and not isinstance(value, bool)
    # The same numbers in both readers' eyes: a run of the built-in configuration has those of the file that spells it out.
    spelled = dict(leaves(yaml.safe_load((configs / "visual-reacher.yaml").read_text("utf-8"))))
    for key, value in leaves(written):
        if not key.startswith("training.") and spelled.get(key) != value:
            fail(f"{key} is {value} in the run, {spelled.get(key)} in visual-reacher.yaml")
    print(f"check-tensorboard: PyYAML read {count} numbers in {len(files) + 1} files")


main()
