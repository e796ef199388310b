"""exp and log of vectors: range reduction and a short polynomial, without calls or branches.

A power of two is added to the bits of the result: x log2(e) plus a "magic" number (1.5 * 2^mantissa) holds the rounded
exponent in its lowest bits, and one shift moves it into place. All integers have the width of their floats.

Coefficients: exp by Cephes (float32) and interpolation (float64); log by the series of artanh on
[sqrt(1/2), sqrt(2)). Errors stay below 2 units in the last place.
"""
# mypy: ignore-errors

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types

from .intrinsics import intrinsic
from .vectors import FLAGS, fused

# Highest power first. float64: (e^r - 1 - r) / r^2 at the Chebyshev nodes of |r| <= ln(2)/2, e^r to 1.6e-17.
EXP32 = (1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
EXP64 = (
    2.510038549551032e-08, 2.7620088445409746e-07, 2.7557268459997064e-06, 2.4801521295954376e-05,
    0.00019841269863053618, 0.0013888888917213717, 0.008333333333330062, 0.04166666666662413,
    0.16666666666666669, 0.5000000000000001,
)  # fmt: skip
# ln 2 in two parts, the first short enough that its products with whole numbers are exact
LN32, LN64 = (0.693359375, -2.12194440e-4), (6.93147180369123816490e-01, 1.90821492927058770002e-10)
ARTANH = tuple(1.0 / i for i in range(21, 2, -2))  # artanh(s) = s + s^3/3 + s^5/5 + ..., |s| <= 0.172


def _layout(kind):
    """Whether a vector is of float32, its mantissa's bits, a maker of its constants, and its integers."""
    single = kind.dtype == types.float32
    whole = ir.VectorType(ir.IntType(32 if single else 64), kind.n)

    def real(value):
        return kind.constant(float(np.float32(value)) if single else value)

    return single, 23 if single else 52, real, whole, lambda value: ir.Constant(whole, [value] * kind.n)


@intrinsic
def exp(_: Any, x: Any) -> Any:
    """e^x for x <= 0. Where that is below the smallest normal number, about that number."""
    single, mantissa, real, whole, integer = _layout(x)

    def generate(context, builder, signature, args):
        lowest = real(-87.0 if single else -708.0)
        value = builder.select(builder.fcmp_ordered(">", args[0], lowest), args[0], lowest)
        magic = real(1.5 * 2.0**mantissa)
        shifted = fused(builder, value, real(math.log2(math.e)), magic)
        n = builder.fsub(shifted, magic)
        for part in LN32 if single else LN64:
            value = fused(builder, n, real(-part), value)
        highest, *others = EXP32 if single else EXP64
        p = real(highest)
        for coefficient in others:
            p = fused(builder, p, value, real(coefficient))
        square = builder.fmul(value, value, flags=FLAGS)
        p = fused(builder, p, square, builder.fadd(value, real(1.0), flags=FLAGS))
        power = builder.shl(builder.bitcast(shifted, whole), integer(mantissa))
        return builder.bitcast(builder.add(builder.bitcast(p, whole), power), x.llvm())

    return x(x), generate


@intrinsic
def log(_: Any, x: Any) -> Any:
    """ln(x) for normal numbers x > 0."""
    single, mantissa, real, whole, integer = _layout(x)

    def generate(context, builder, signature, args):
        root, magic = (0x3F3504F3, 0x4B400000) if single else (0x3FE6A09E667F3BCD, 0x4338000000000000)
        bits = builder.bitcast(args[0], whole)
        power = builder.ashr(builder.sub(bits, integer(root)), integer(mantissa))
        m = builder.bitcast(builder.sub(bits, builder.shl(power, integer(mantissa))), x.llvm())
        n = builder.bitcast(builder.add(power, integer(magic)), x.llvm())
        n = builder.fsub(n, real(1.5 * 2.0**mantissa))
        over = builder.fadd(m, real(1.0), flags=FLAGS)
        s = builder.fdiv(builder.fsub(m, real(1.0)), over, flags=FLAGS)
        q = builder.fmul(s, s, flags=FLAGS)
        highest, *others = ARTANH
        p = real(highest)
        for coefficient in others:
            p = fused(builder, p, q, real(coefficient))
        p = fused(builder, builder.fmul(s, q, flags=FLAGS), p, s)
        return fused(builder, n, real(math.log(2.0)), builder.fmul(real(2.0), p, flags=FLAGS))

    return x(x), generate
