# Sets `python` to that of a virtual environment with what reads this program's files, kept in
# ~/.cache/avg-vision-formats (about 2 GB; PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu keeps PyTorch without
# CUDA's libraries). To be sourced from the repository's folder.
environment=$HOME/.cache/avg-vision-formats
requirements=scripts/formats/requirements.txt
# The file that was installed last lies beside what it asked for.
if ! cmp -s "$requirements" "$environment/requirements.txt"; then
  python3 -c 'import venv, ensurepip' 2>/dev/null || scripts/setup python3-venv
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" >&2
  cp "$requirements" "$environment/"
fi
python=$environment/bin/python
