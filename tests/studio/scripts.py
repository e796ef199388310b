"""The studio's modules asked in node: what a function of theirs answers, as Python numbers."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="no node here: apt-get install nodejs")


_node = []


def answers(*calls):
    """What functions answer: calls are (module, function, arguments...), arrays become Float64Arrays and back."""
    asked = [[module, function, [_told(argument) for argument in arguments]] for module, function, *arguments in calls]
    if not _node:
        words = [NODE, HERE / "js" / "answer.mjs"]
        _node.append(subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"))
    print(json.dumps(asked), file=_node[0].stdin, flush=True)
    told = json.loads(_node[0].stdout.readline() or '{"error": "node has ended"}')
    assert "error" not in told, told["error"]
    return [_heard(answer) for answer in told["answers"]]


def close():
    """End the node that answers, if there is one; who asks next begins another."""
    for process in _node:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
    _node.clear()


def parts_of(mixture):
    """A mixture as the page holds it."""
    k, d = mixture.means.shape
    factors = np.linalg.cholesky(mixture.matrices)
    return {"k": k, "d": d, "weights": mixture.weights, "means": mixture.means.ravel(), "factors": factors.ravel()}


def covariances_of(parts):
    """(k, d, d) of parts that were answered."""
    factors = np.reshape(parts["factors"], (parts["k"], parts["d"], parts["d"]))
    return factors @ np.swapaxes(factors, 1, 2)


def _told(value):
    if isinstance(value, np.ndarray):
        kind = {"f": "f8", "i": "i4", "u": "u1", "b": "u1"}[value.dtype.kind]
        return {"$": kind, "values": [_told(each) for each in value.ravel().tolist()]}
    if isinstance(value, dict):
        return {str(key): _told(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_told(each) for each in value]
    if isinstance(value, float) and not np.isfinite(value):
        return {"$": "number", "values": repr(value)}
    return value


def _heard(value):
    if isinstance(value, dict) and "$" in value:
        found = [_heard(each) for each in value["values"]] if isinstance(value["values"], list) else value["values"]
        return float(found) if value["$"] == "number" else np.array(found)
    if isinstance(value, dict):
        return {key: _heard(each) for key, each in value.items()}
    return [_heard(each) for each in value] if isinstance(value, list) else value
