"""How faithful pictures are per byte and per component: .gmx beside JPEG, WebP, AVIF, JPEG XL, BlurHash and ThumbHash.

    python benchmarks/pictures.py --data FOLDER [--pictures 3] [--budgets 30,300,0.1] [--out FOLDER]
    python benchmarks/pictures.py --data FOLDER --components 250,1000

Each codec is given its best quality, of all there are, and its best downscale within the budget: what it decodes is
enlarged to the original's size. Budgets below 10 are bits a pixel, others bytes. What is not installed is skipped, by
name. With --out, the pictures at each budget side by side, and the curves as a table and a figure (pictures.csv, .svg).
With --components, the faithfulness per component instead: a fit by EM, a polished mixture, and a sum of splats.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, features
from scipy.ndimage import gaussian_filter1d

import mixtura as mx
from mixtura.pictures import codec, quality

SCALES = (1.0, 0.75, 0.5, 0.375, 0.25, 0.1875, 0.125, 0.09, 0.0625, 0.045, 0.03, 0.02)
BUDGETS = "30,100,300,1000,0.05,0.1,0.2,0.4"
TARGETS = {  # gain in PSNR over a codec
    ("30", "BlurHash"): 1.0, ("30", "ThumbHash"): 2.0, ("100", "WebP"): 1.5, ("300", "WebP"): 0.8,
    ("1000", "WebP"): 0.6, ("0.05", "WebP"): 0.8, ("0.1", "WebP"): 1.0, ("0.2", "WebP"): 0.5, ("0.05", "AVIF"): 0.2,
    ("0.1", "AVIF"): 0.0,
}  # fmt: skip
WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # of the scales of MS-SSIM

Found = tuple[int, np.ndarray]  # bytes, pixels


def ms_ssim(picture: np.ndarray, original: np.ndarray) -> float:
    """Multi-scale structural similarity of the greys (Wang, Simoncelli and Bovik 2003)."""
    x, y = (each.astype(np.float64) @ [0.299, 0.587, 0.114] for each in (picture, original))
    found = 1.0

    def blur(image: np.ndarray) -> np.ndarray:
        return gaussian_filter1d(gaussian_filter1d(image, 1.5, axis=0, radius=5), 1.5, axis=1, radius=5)[5:-5, 5:-5]

    for scale, weight in enumerate(WEIGHTS):
        a, b = blur(x), blur(y)
        variance, other, both = blur(x * x) - a * a, blur(y * y) - b * b, blur(x * y) - a * b
        contrast = (2 * both + 58.5225) / (variance + other + 58.5225)
        if scale == len(WEIGHTS) - 1:
            contrast = contrast * (2 * a * b + 6.5025) / (a * a + b * b + 6.5025)
        found *= max(float(contrast.mean()), 1e-6) ** weight
        height, width = (side // 2 * 2 for side in x.shape)
        x, y = (
            0.25
            * (z[:height:2, :width:2] + z[1:height:2, :width:2] + z[:height:2, 1:width:2] + z[1:height:2, 1:width:2])
            for z in (x, y)
        )
    return found


def resized(image: Image.Image, scale: float) -> Image.Image:
    """The picture made smaller."""
    size = tuple(max(1, round(side * scale)) for side in image.size)
    return image if scale == 1 else image.resize(size, Image.Resampling.LANCZOS)


class Classic:
    """A codec of Pillow: the files of a picture, each made once."""

    def __init__(self, kind: str, least: int = 0, **options: Any) -> None:
        self.kind, self.least, self.options = kind, least, options
        self.picture: Any = None
        self.files: dict[tuple[float, int], bytes] = {}

    def __call__(self, pixels: np.ndarray, budget: int) -> Found | None:
        """The best file of so many bytes at most."""
        if self.picture is not pixels:
            self.picture, self.files = pixels, {}
        within = [data for scale in SCALES if (data := self._largest(scale, budget)) is not None]
        tried = [(len(data), self._decoded(data, pixels)) for data in within]
        return max(tried, key=lambda found: quality.psnr(found[1], pixels)) if tried else None

    def _largest(self, scale: float, budget: int) -> bytes | None:
        """The file of the highest quality within the budget, found by halving: files grow with quality."""
        low, high, best = self.least, 100, None
        while low <= high:
            middle = (low + high) // 2
            data = self._made(scale, middle)
            if data is not None and len(data) <= budget:
                low, best = middle + 1, data
            else:
                high = middle - 1
        return best

    def _made(self, scale: float, each: int) -> bytes | None:
        """A file, or None where the codec refuses to make one: JPEG XL does of some pictures of a few pixels."""
        if (scale, each) not in self.files:
            file = io.BytesIO()
            try:
                resized(Image.fromarray(self.picture), scale).save(file, self.kind, quality=each, **self.options)
            except RuntimeError:
                return None
            self.files[scale, each] = file.getvalue()
        return self.files[scale, each]

    def _decoded(self, data: bytes, pixels: np.ndarray) -> np.ndarray:
        image = Image.open(io.BytesIO(data)).convert("RGB")
        return np.asarray(image.resize(pixels.shape[1::-1], Image.Resampling.BICUBIC))


def ours(pixels: np.ndarray, budget: int) -> Found:
    """A .gmx file."""
    data = codec.encode(pixels, n_bytes=budget)
    return len(data), codec.decode(data)


def blurhash(pixels: np.ndarray, budget: int) -> Found | None:
    """BlurHash of 4 x 3 components, 28 characters."""
    import blurhash as library

    if not 28 <= budget < 100:
        return None
    height, width = pixels.shape[:2]
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    file.seek(0)
    text = library.encode(file, x_components=4, y_components=3)
    small = library.decode(text, width // 4, height // 4)
    small = small if isinstance(small, Image.Image) else Image.fromarray(np.array(small, np.uint8))
    return len(text), np.asarray(small.convert("RGB").resize((width, height), Image.Resampling.BICUBIC))


def thumbhash(pixels: np.ndarray, budget: int) -> Found | None:
    """ThumbHash, some 21 bytes."""
    import thumbhash as library

    if not 25 <= budget < 100:
        return None
    height, width = pixels.shape[:2]
    small = resized(Image.fromarray(pixels), 100 / max(width, height)).convert("RGBA")
    data = bytes(library.rgba_to_thumb_hash(*small.size, list(small.tobytes())))
    wide, high, values = library.thumb_hash_to_rgba(data)
    image = Image.fromarray(np.array(values, np.uint8).reshape(high, wide, 4)).convert("RGB")
    return len(data), np.asarray(image.resize((width, height), Image.Resampling.BICUBIC))


def codecs() -> dict[str, Callable[[np.ndarray, int], Found | None]]:
    """What is installed."""
    found: dict[str, Callable[[np.ndarray, int], Found | None]] = {"gmx": ours, "JPEG": Classic("JPEG", optimize=True)}
    for name, kind in (("WebP", "webp"), ("AVIF", "avif")):
        if features.check(kind):
            found[name] = Classic("WEBP", method=6) if kind == "webp" else Classic("AVIF", 1, speed=6)
    try:
        import pillow_jxl  # noqa: F401

        found["JPEG XL"] = Classic("JXL", 1, effort=7)
    except ImportError:
        pass
    for name, module, function in (("BlurHash", "blurhash", blurhash), ("ThumbHash", "thumbhash", thumbhash)):
        try:
            __import__(module)
            found[name] = function
        except ImportError:
            pass
    for name in ("WebP", "AVIF", "JPEG XL", "BlurHash", "ThumbHash"):
        if name not in found:
            print(f"{name} is not installed: skipped", file=sys.stderr)
    return found


def beside(pictures: dict[str, np.ndarray]) -> Image.Image:
    """Pictures side by side, with their names."""
    tiles = [Image.fromarray(pixels) for pixels in pictures.values()]
    width, height = tiles[0].size
    columns = min(4, len(tiles))
    sheet = Image.new("RGB", (columns * (width + 8), -(-len(tiles) // columns) * (height + 22)), "white")
    for i, (name, tile) in enumerate(zip(pictures, tiles, strict=True)):
        x, y = i % columns * (width + 8), i // columns * (height + 22)
        sheet.paste(tile, (x, y + 18))
        ImageDraw.Draw(sheet).text((x + 4, y + 4), name, fill="black")
    return sheet


def curves(rows: list[dict[str, Any]], path: Path) -> None:
    """Rate against distortion, as a figure: means over the pictures, where a codec has a file of every one."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    count = len({row["picture"] for row in rows})
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for name in dict.fromkeys(row["codec"] for row in rows):
        mine = [row for row in rows if row["codec"] == name]
        means = []
        for budget in dict.fromkeys(row["budget"] for row in mine):
            those = [row for row in mine if row["budget"] == budget]
            if len(those) == count:
                means.append([np.mean([row[key] for row in those]) for key in ("bytes", "psnr", "ms_ssim")])
        if means:
            size, *values = np.sort(np.array(means), axis=0).T
            for ax, value in zip(axes, values, strict=True):
                first = name == "gmx"
                ax.plot(size, value, ".-", label="." * first + name, lw=2.2 if first else 1.2, zorder=3 if first else 2)
    for ax, label in zip(axes, ("PSNR in dB", "MS-SSIM"), strict=True):
        ax.set(xscale="log", xlabel="bytes a picture", title=label)
        ax.grid(alpha=0.25)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].legend(frameon=False)
    figure.savefig(path)
    plt.close(figure)


def components(paths: list[Path], counts: list[int]) -> None:
    """Print PSNR per component: mixtures by EM and polished, with and without slopes, and splats."""
    import splats

    models = ("EM", "polished", "polished, constant colours", "sum of splats")
    print("| picture | K | " + " | ".join(models) + " |\n" + "|---" * (2 + len(models)) + "|")
    found: dict[int, list[list[float]]] = {}
    for path in paths:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        height, width = pixels.shape[:2]
        frame = mx.pictures.field.Frame.of_picture(width, height)
        for k in counts:
            flat = mx.pictures.polish(k, pixels, slopes=False)
            first = mx.pictures.polish(k, pixels, effort=0.05, slopes=False)
            mixtures = (mx.fit(mx.pictures.image.colour(pixels), k).mixture, mx.pictures.polish(k, pixels), flat)
            painted = [mx.pictures.draw.mean(mix, frame=frame, size=(width, height)) for mix in mixtures]
            row = [quality.psnr(each, pixels) for each in (*painted, splats.fit(pixels, first))]
            found.setdefault(k, []).append(row)
            print(f"| {path.stem} | {k} | " + " | ".join(f"{each:.2f}" for each in row) + " |", flush=True)
    for k, rows in found.items():
        print(f"| mean | {k} | " + " | ".join(f"{each:.2f}" for each in np.mean(rows, axis=0)) + " |")


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder of pictures")
    parser.add_argument("--pictures", type=int, default=1000, help="how many at most")
    parser.add_argument("--budgets", default=BUDGETS)
    parser.add_argument("--codecs", default="", help="names with commas; all by default")
    parser.add_argument("--out", type=Path, help="a folder for pictures side by side, pictures.csv and pictures.svg")
    parser.add_argument("--components", default="", help="numbers of components, to compare models instead of codecs")
    job = parser.parse_args()
    paths = sorted(job.data.glob("*.png"))[: job.pictures]
    if job.components:
        return components(paths, [int(each) for each in job.components.split(",")])
    known = codecs()
    chosen = {name: known[name] for name in job.codecs.split(",") if name in known} or known
    rows: list[dict[str, Any]] = []
    for path in paths:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        for budget in job.budgets.split(","):
            limit = float(budget)
            limit = int(limit * pixels.shape[0] * pixels.shape[1] / 8 if limit < 10 else limit)
            shown = {"original": pixels}
            for name, encode in chosen.items():
                began = time.process_time()
                found = encode(pixels, limit)
                if found is None:
                    continue
                size, painted = found
                row = {"picture": path.stem, "budget": budget, "codec": name, "bytes": size}
                row |= {"psnr": quality.psnr(painted, pixels), "ms_ssim": ms_ssim(painted, pixels)}
                rows.append(row | {"seconds": time.process_time() - began})
                shown[f"{name}, {size} bytes, {row['psnr']:.2f} dB"] = painted
            if job.out:
                job.out.mkdir(parents=True, exist_ok=True)
                beside(shown).save(job.out / f"{path.stem}-{budget}.png")
        print(path.stem, flush=True, file=sys.stderr)
    report(rows, job.budgets.split(","), list(chosen))
    if job.out:
        with (job.out / "pictures.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows(rows)
        curves(rows, job.out / "pictures.svg")


def report(rows: list[dict[str, Any]], budgets: list[str], names: list[str]) -> None:
    """Means over the pictures, and what was wanted."""
    print(f"mixtura {mx.__version__}; mean over the pictures, PSNR in dB / MS-SSIM\n")
    print("| budget | " + " | ".join(names) + " |")
    print("|---" * (1 + len(names)) + "|")
    means: dict[tuple[str, str], tuple[float, float]] = {}
    count = len({row["picture"] for row in rows})
    for budget in budgets:
        cells = []
        for name in names:
            those = [row for row in rows if row["budget"] == budget and row["codec"] == name]
            if len(those) == count:
                means[budget, name] = tuple(float(np.mean([row[key] for row in those])) for key in ("psnr", "ms_ssim"))
                cells.append("{:.2f} / {:.3f}".format(*means[budget, name]))
            else:
                cells.append("–")
        print(f"| {budget} | " + " | ".join(cells) + " |")
    print("\n| budget | against | wanted | reached |\n|---|---|---|---|")
    for (budget, name), wanted in TARGETS.items():
        if (budget, name) in means and (budget, "gmx") in means:
            reached = means[budget, "gmx"][0] - means[budget, name][0]
            print(f"| {budget} | {name} | {wanted:+.1f} dB | {reached:+.2f} dB |")
    for budget in budgets:
        if (budget, "WebP") in means and (budget, "gmx") in means:
            reached = means[budget, "gmx"][1] - means[budget, "WebP"][1]
            print(f"| {budget} | WebP | MS-SSIM +0 | {reached:+.3f} |")
    seconds = [row["seconds"] for row in rows if row["codec"] == "gmx"]
    print(f"\n.gmx: {math.fsum(seconds) / max(1, len(seconds)):.1f} s of processor time a file, decoding included")


if __name__ == "__main__":
    main()
