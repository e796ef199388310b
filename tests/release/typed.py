"""Count how much of the public interface has types that every type checker sees alike: 99 % at least.

`make types` runs it. Pyright reads the package as one who has installed it does.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEAST = 0.99


def main():
    """Ask Pyright, and name what it does not know."""
    if shutil.which("node") is None:
        print("types: there is no Node, which Pyright needs: nothing was counted.", file=sys.stderr)
        return
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]
    command += ["--ignoreexternal", "--verifytypes", "mixtura"]
    ahead = {"PYTHONPATH": ROOT / "src", "PATH": Path(sys.executable).parent}  # Pyright asks `python` for NumPy
    settings = os.environ | {name: f"{path}{os.pathsep}{os.environ.get(name, '')}" for name, path in ahead.items()}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=settings)
    if not done.stdout.startswith("{"):
        sys.exit(f"types: Pyright said {(done.stderr or done.stdout)[-2000:]}")
    found = json.loads(done.stdout)["typeCompleteness"]
    unknown = [each["name"] for each in found["symbols"] if each["isExported"] and not each["isTypeKnown"]]
    unknown += [each["name"] for each in found["symbols"] if each["isExported"] and each.get("isTypeAmbiguous")]
    score = found["completenessScore"]
    print(f"types: {score:.1%} of {sum(found['exportedSymbolCounts'].values()):,} public names have known types.")
    if score < LEAST:
        sys.exit(f"types: {LEAST:.0%} at least is wanted. Unknown or ambiguous: {', '.join(sorted(set(unknown)))}")


if __name__ == "__main__":
    main()
