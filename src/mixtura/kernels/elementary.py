"""Vectorisable exp and log: range reduction and a short polynomial, without calls or branches.

A library call per element keeps a loop scalar. Here a power of two is added to the bits of the result: x log2(e)
plus a "magic" number (1.5 * 2^mantissa) holds the rounded exponent in its lowest bits, and one shift moves it
into place. All integers have the width of their floats; a single wider one would undo the vectorisation.

Coefficients: exp by Cephes (float32) and interpolation (float64); log by the series of artanh on
[sqrt(1/2), sqrt(2)). Errors stay below 2 units in the last place.
"""
# mypy: ignore-errors

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

# Contraction to fused multiply-adds only: reassociation would cancel the magic number.
_OPTIONS = {"fastmath": {"contract", "nsz"}}


def exp(x):
    """e^x for x <= 0, float32 or float64. Where e^x is below the smallest normal number, about that number."""
    return math.exp(x)


def log(x):
    """ln(x) for a normal x > 0, float32 or float64."""
    return math.log(x)


@overload(exp, jit_options=_OPTIONS)
def _exp(x):
    single = x == types.float32
    number = np.float32 if single else np.float64
    lowest = number(-87.0 if single else -708.0)
    magic = number(1.5 * 2.0 ** (23 if single else 52))
    log2e, one = number(math.log2(math.e)), number(1.0)
    # ln 2 in two parts, the first short enough that n * high is exact
    high = number(0.693359375 if single else 6.93147180369123816490e-01)
    low = number(-2.12194440e-4 if single else 1.90821492927058770002e-10)
    if single:
        c7, c6, c5, c4, c3, c2 = (
            number(c)
            for c in (
                1.98756915e-4,
                1.3981999507e-3,
                8.3334519073e-3,
                4.1665795894e-2,
                1.6666665459e-1,
                5.0000001201e-1,
            )
        )

        def exp32(x):
            x = max(x, lowest)
            shifted = x * log2e + magic
            n = shifted - magic
            r = (x - n * high) - n * low
            p = ((((c7 * r + c6) * r + c5) * r + c4) * r + c3) * r + c2
            return _times_power_of_two(p * (r * r) + r + one, shifted)

        return exp32
    # (e^r - 1 - r) / r^2 interpolated at the Chebyshev nodes of |r| <= ln(2)/2; relative error of e^r: 1.6e-17
    c11, c10, c9, c8, c7, c6, c5, c4, c3, c2 = (
        2.510038549551032e-08,
        2.7620088445409746e-07,
        2.7557268459997064e-06,
        2.4801521295954376e-05,
        0.00019841269863053618,
        0.0013888888917213717,
        0.008333333333330062,
        0.04166666666662413,
        0.16666666666666669,
        0.5000000000000001,
    )

    def exp64(x):
        x = max(x, lowest)
        shifted = x * log2e + magic
        n = shifted - magic
        r = (x - n * high) - n * low
        p = ((((c11 * r + c10) * r + c9) * r + c8) * r + c7) * r + c6
        p = (((p * r + c5) * r + c4) * r + c3) * r + c2
        return _times_power_of_two(p * (r * r) + r + one, shifted)

    return exp64


@overload(log, jit_options=_OPTIONS)
def _log(x):
    single = x == types.float32
    number = np.float32 if single else np.float64
    magic = number(1.5 * 2.0 ** (23 if single else 52))
    ln2, one, two = number(math.log(2.0)), number(1.0), number(2.0)
    # artanh(s) = s + s^3/3 + s^5/5 + ..., |s| <= 0.172
    c9, c7, c5, c3 = (number(1.0 / i) for i in (9, 7, 5, 3))
    c21, c19, c17, c15, c13, c11 = (number(1.0 / i) for i in (21, 19, 17, 15, 13, 11))

    def log_any(x):
        m, shifted = _split_exponent(x)
        s = (m - one) / (m + one)
        q = s * s
        p = ((((((((c21 * q + c19) * q + c17) * q + c15) * q + c13) * q + c11) * q + c9) * q + c7) * q + c5) * q + c3
        return (shifted - magic) * ln2 + two * (s * q * p + s)

    return log_any


@intrinsic
def _times_power_of_two(_, value, shifted):
    """Multiply `value` by 2^n, where `shifted` is magic + n: n is added to the exponent bits of `value`."""
    bits, mantissa, kind = _layout(value)

    def generate(context, builder, signature, args):
        power = builder.shl(builder.bitcast(args[1], bits), bits(mantissa))
        return builder.bitcast(builder.add(builder.bitcast(args[0], bits), power), kind)

    return value(value, shifted), generate


@intrinsic
def _split_exponent(_, value):
    """(m, magic + n) with value = m * 2^n and m in [sqrt(1/2), sqrt(2)), for a normal value > 0."""
    bits, mantissa, kind = _layout(value)
    root, magic = (0x3F3504F3, 0x4B400000) if mantissa == 23 else (0x3FE6A09E667F3BCD, 0x4338000000000000)

    def generate(context, builder, signature, args):
        whole = builder.bitcast(args[0], bits)
        power = builder.ashr(builder.sub(whole, bits(root)), bits(mantissa))
        reduced = builder.sub(whole, builder.shl(power, bits(mantissa)))
        pair = [builder.bitcast(reduced, kind), builder.bitcast(builder.add(power, bits(magic)), kind)]
        return context.make_tuple(builder, signature.return_type, pair)

    return types.UniTuple(value, 2)(value), generate


def _layout(value):
    """The LLVM integer of the same width, the number of mantissa bits and the LLVM type of a Numba float."""
    if value == types.float32:
        return ir.IntType(32), 23, ir.FloatType()
    return ir.IntType(64), 52, ir.DoubleType()
