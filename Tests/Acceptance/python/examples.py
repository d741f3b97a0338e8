"""Runs the examples in Python of docs/python.md, each by itself in a folder of its own.

  examples.py [MODULE]    those that import the module; without one, those that import nothing but what the package needs
"""
import pathlib
import re
import subprocess
import sys
import tempfile

from library import REPOSITORY, fail

OPTIONAL = ("stable_baselines3",)


def main() -> None:
    wanted = sys.argv[1] if len(sys.argv) > 1 else None
    page = (REPOSITORY / "docs" / "python.md").read_text()
    examples = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    chosen = [text for text in examples if next((name for name in OPTIONAL if name in text), None) == wanted]
    if not chosen:
        fail(f"docs/python.md: no example {'imports ' + wanted if wanted else 'can be run'}")
    for number, text in enumerate(chosen, 1):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "example.py"
            path.write_text(text)
            done = subprocess.run([sys.executable, "-W", "error", path], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            fail(f"docs/python.md: example {number} fails:\n{text}\n{done.stderr}")


main()
