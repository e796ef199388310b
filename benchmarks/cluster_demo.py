"""Fit 20 million points on a local cluster, whose workers draw them; `make cluster-demo`."""

from __future__ import annotations

import argparse
import importlib.util
import logging
import time
import warnings

import dask
import dask.array as da
import numpy as np
from distributed import Client, LocalCluster

import mixtura as mx
from mixtura.kernels.threads import available

D, K = 5, 20


def truth() -> mx.Mixture:
    """The mixture from which the points are drawn."""
    rng = np.random.default_rng(0)
    return mx.Mixture(rng.uniform(1, 3, K), rng.normal(0, 5, (K, D)), rng.uniform(0.5, 2, K), "spherical")


def block(rows: int, number: int) -> np.ndarray:
    """The points of one partition; runs on a worker."""
    return truth().sample(rows, rng=number)


def main() -> None:
    """Start the cluster, fit, print the result, and stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, default=20, help="how many million points (20)")
    millions = parser.parse_args().millions
    rows = 1_000_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a port that is in use: then it takes another one
        cluster = LocalCluster(
            n_workers=max(2, available()), threads_per_worker=1, dashboard_address=":8787", silence_logs=logging.ERROR
        )
    with cluster, Client(cluster):
        count = len(cluster.workers)
        print(f"A scheduler at {cluster.scheduler_address} with {count} worker processes of one thread each.")
        seen = "" if importlib.util.find_spec("bokeh") else " (which shows more once bokeh is installed)"
        print(f"Watch them at {cluster.dashboard_link}{seen}")
        print(f"They draw {millions} million points in {D} dimensions and keep them; none comes here ...", flush=True)
        parts = [da.from_delayed(dask.delayed(block)(rows, i), (rows, D), float) for i in range(millions)]
        began = time.perf_counter()
        passes = [began]

        def on_pass(at: object) -> None:
            passes.append(time.perf_counter())

        def on_step(step: mx.Step) -> None:
            took = passes[-1] - passes[-2]
            print(
                f"step {step.iteration:2}: log likelihood {step.log_likelihood:.5f} a point; a pass took {took:.2f} s: "
                f"{millions / took:.1f} million points a second",
                flush=True,
            )

        found = mx.fit(da.concatenate(parts), K, rng=0, tol=1e-5, max_iter=30, on_step=on_step, on_pass=on_pass)
        print(
            f"{K} Gaussians after {found.n_iter} steps ({found.stop_reason}) and {time.perf_counter() - began:.0f} s, "
            f"with drawing and the start."
        )
        sample = block(200_000, millions)
        gap = float(np.mean(truth().log_density(sample)) - np.mean(found.mixture.log_density(sample)))
        print(f"On new points it is {gap:.5f} nats a point below the mixture that the points were drawn from.")
    print("The workers have ended.")


if __name__ == "__main__":
    main()
