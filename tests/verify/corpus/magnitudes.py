"""Right in half precision, in mixed dtypes, for complex numbers, and for very large, small and many numbers."""

import jax
import jax.numpy as jnp

from .entry import complexes, elementwise, in_float32, normal, tricky

TRICKY = []


def softmax(x):
    return jax.nn.softmax(x, axis=-1)


@in_float32
def softmax_bwd(saved, dy):
    y = softmax(*saved)
    return (y * (dy - jnp.sum(y * dy, axis=-1, keepdims=True)),)


for dtype in ("bfloat16", "float16"):

    def half(dtype=dtype):
        return (normal(4, 5, dtype=dtype),)

    TRICKY.append(tricky("half precision is coarse", softmax, softmax_bwd, half, f"softmax_{dtype}"))


def silu(x):
    return x * jax.nn.sigmoid(x)


def silu_slope(x):
    return jax.nn.sigmoid(x) + x * jax.nn.sigmoid(x) * jax.nn.sigmoid(-x)


TRICKY.append(
    tricky(
        "half precision is coarse",
        silu,
        elementwise(silu_slope),
        lambda: (normal(300, dtype="bfloat16"),),
        "silu_bfloat16",
    )
)
TRICKY.append(tricky("a million numbers", silu, elementwise(silu_slope), lambda: (normal(1_000_000),), "silu_million"))


def mean_square(x):
    return jnp.mean(x * x)


@in_float32
def mean_square_bwd(saved, dy):
    (x,) = saved
    return (2 * dy * x / x.size,)


TRICKY.append(tricky("each of a million barely counts", mean_square, mean_square_bwd, lambda: (normal(1000, 1000),)))


def scale(x, gain):
    return (x.astype(gain.dtype) * gain).astype(x.dtype)


def scale_bwd(saved, dy):
    x, gain = saved
    dy = dy.astype(gain.dtype)
    return (dy * gain).astype(x.dtype), jnp.sum(dy * x.astype(gain.dtype), axis=0)


TRICKY.append(
    tricky(
        "bfloat16 and float32 together", scale, scale_bwd, lambda: (normal(4, 3, dtype="bfloat16"), normal(3, seed=1))
    )
)


def length(x):
    peak = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True))
    total = jnp.sum((x / jnp.where(peak > 0, peak, 1)) ** 2, axis=-1)
    return jnp.sqrt(jnp.where(total > 0, total, 1)) * peak[..., 0]


@in_float32
def length_bwd(saved, dy):
    (x,) = saved
    peak = jax.lax.stop_gradient(jnp.max(jnp.abs(x), axis=-1, keepdims=True))
    unit = x / jnp.where(peak > 0, peak, 1)
    total = jnp.sum(unit**2, axis=-1, keepdims=True)
    return (unit * jax.lax.rsqrt(jnp.where(total > 0, total, 1)) * dy[..., None],)


TRICKY.append(tricky("values of 1e20", length, length_bwd, lambda: (1e20 * normal(3, 4),), "length_of_1e20"))
TRICKY.append(tricky("values of 1e-20", length, length_bwd, lambda: (1e-20 * normal(3, 4),), "length_of_1e-20"))


def times(a, b):
    return a * b


@in_float32
def times_bwd(saved, dy):
    a, b = saved
    return dy * b, dy * a


TRICKY.append(
    tricky(
        "gradients of 1e20 and of 1e-20 together",
        times,
        times_bwd,
        lambda: (1e20 * normal(4), 1e-20 * normal(4, seed=1)),
    )
)


def share(a, b):
    return a / (a + b)


@in_float32
def share_bwd(saved, dy):
    a, b = saved
    total = a + b
    return dy * (b / total) / total, -dy * (a / total) / total


TRICKY.append(
    tricky(
        "does not depend on the scale of 1e15",
        share,
        share_bwd,
        lambda: (1e15 * jnp.array([1.0, 2, 3]), 1e15 * jnp.array([4.0, 1, 1])),
    )
)


def nearly_constant(x):
    return 1e6 + jnp.sin(x)


def nearly_constant_slope(x):
    return jnp.cos(x)


TRICKY.append(
    tricky("differences drown in the offset", nearly_constant, elementwise(nearly_constant_slope), lambda: (normal(5),))
)


def polynomial(z):
    return z * z + 3 * z


def polynomial_bwd(saved, dy):
    return (dy * (2 * saved[0] + 3),)


TRICKY.append(tricky("complex, holomorphic", polynomial, polynomial_bwd, lambda: (complexes(4),)))


def modulus(z):
    return jnp.abs(z)


def modulus_bwd(saved, dy):
    (z,) = saved
    size = jnp.abs(z)
    direction = z.conj() / jnp.where(size > 0, size, 1).astype(z.dtype)
    return (dy.astype(z.dtype) * direction,)


TRICKY.append(tricky("complex, not holomorphic, with a kink", modulus, modulus_bwd, lambda: (complexes(4),)))


def conjugate(z):
    return jnp.conj(z)


def conjugate_bwd(saved, dy):
    return (jnp.conj(dy),)


TRICKY.append(tricky("complex, not holomorphic", conjugate, conjugate_bwd, lambda: (complexes(3, 2),)))


def spectrum(z):
    return jnp.fft.fft(z)


def spectrum_bwd(saved, dy):
    return (jnp.fft.fft(dy),)


TRICKY.append(tricky("its own transpose, not its inverse", spectrum, spectrum_bwd, lambda: (complexes(2, 8),)))


def real_spectrum(x):
    return jnp.fft.rfft(x)


def real_spectrum_bwd(saved, dy):
    (x,) = saved
    n = x.shape[-1]
    padded = jnp.pad(dy, [(0, 0)] * (dy.ndim - 1) + [(0, n - dy.shape[-1])])
    return (jnp.fft.fft(padded).real.astype(x.dtype),)


TRICKY.append(tricky("from real to complex", real_spectrum, real_spectrum_bwd, lambda: (normal(2, 7),)))
