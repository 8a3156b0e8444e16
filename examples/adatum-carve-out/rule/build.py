"""Makes the component of the rule: `python build.py [FILE]`, by default into `dist/`.

What Python asks of WASI is stubbed, so that the component imports nothing but what rules may have: the
client's tables and the log.
"""

import os
import re
import sys
from pathlib import Path

from componentize_py import script

FOLDER = Path(__file__).resolve().parent


def project_name():
    """Returns the name in `pyproject.toml`; Python has a reader of its own only since 3.11."""
    text = (FOLDER / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^name = "([a-z0-9-]+)"$', text, re.MULTILINE)
    if found is None:
        sys.exit("pyproject.toml has no line `name = \"...\"`")
    return found.group(1)


def main():
    default = FOLDER / "dist" / f"{project_name()}.wasm"
    file = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else default
    file.parent.mkdir(parents=True, exist_ok=True)
    # The tool searches the environment's packages too, unless told where the rule is.
    os.environ.pop("VIRTUAL_ENV", None)
    sys.argv = [
        "componentize-py",
        "--quiet",
        "--wit-path", str(FOLDER / "wit"),
        "--world", "rule",
        "componentize",
        "--stub-wasi",
        "--python-path", str(FOLDER),
        "--output", str(file),
        "component",
    ]
    script()
    print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
