"""Conjugates dropped or added against JAX's convention, and parts lost between complex and real."""

import jax
import jax.numpy as jnp

from .entry import complexes, normal, pair

PAIRS = []


def times(a, b):
    return a * b


def times_bwd(saved, dy):
    a, b = saved
    return dy * b, dy * a


def times_conjugated_bwd(saved, dy):  # PyTorch's convention, not JAX's
    a, b = saved
    return dy * b.conj(), dy * a.conj()


PAIRS.append(pair("conjugate", times, times_conjugated_bwd, times_bwd, lambda: (complexes(4), complexes(4, seed=1))))


def power_spectrum(z):
    return z.real**2 + z.imag**2


def power_spectrum_bwd(saved, dy):
    (z,) = saved
    return (2 * dy.astype(z.dtype) * z.conj(),)


def power_spectrum_conjugate_dropped_bwd(saved, dy):
    (z,) = saved
    return (2 * dy.astype(z.dtype) * z,)


PAIRS.append(
    pair(
        "conjugate",
        power_spectrum,
        power_spectrum_conjugate_dropped_bwd,
        power_spectrum_bwd,
        lambda: (complexes(3, 4),),
    )
)


def imaginary_part(z):
    return z.imag


def imaginary_part_bwd(saved, dy):
    return (jax.lax.complex(jnp.zeros_like(dy), -dy),)


def imaginary_part_sign_bwd(saved, dy):
    return (jax.lax.complex(jnp.zeros_like(dy), dy),)


PAIRS.append(pair("conjugate", imaginary_part, imaginary_part_sign_bwd, imaginary_part_bwd, lambda: (complexes(5),)))


def phase(x):
    return jax.lax.complex(jnp.cos(x), jnp.sin(x))


def phase_bwd(saved, dy):
    (x,) = saved
    return (-jnp.sin(x) * dy.real - jnp.cos(x) * dy.imag,)


def phase_conjugate_dropped_bwd(saved, dy):  # Enzyme-JAX#2105
    (x,) = saved
    return (-jnp.sin(x) * dy.real + jnp.cos(x) * dy.imag,)


PAIRS.append(pair("conjugate", phase, phase_conjugate_dropped_bwd, phase_bwd, lambda: (normal(4),)))


def spectrum(z):
    return jnp.fft.fft(z)


def spectrum_bwd(saved, dy):
    return (jnp.fft.fft(dy),)


def spectrum_inverted_bwd(saved, dy):
    return (jnp.fft.ifft(dy) * dy.shape[-1],)


PAIRS.append(pair("conjugate", spectrum, spectrum_inverted_bwd, spectrum_bwd, lambda: (complexes(2, 8),)))


def complex_product(a, b):
    return a @ b


def complex_product_bwd(saved, dy):
    a, b = saved
    return dy @ b.T, a.T @ dy


def complex_product_adjoint_bwd(saved, dy):  # the mirror image of tensorflow#4859
    a, b = saved
    return dy @ b.conj().T, a.conj().T @ dy


PAIRS.append(
    pair(
        "conjugate",
        complex_product,
        complex_product_adjoint_bwd,
        complex_product_bwd,
        lambda: (complexes(3, 4), complexes(4, 2, seed=1)),
    )
)


def modulate(x, carrier):
    """A real signal on a complex carrier."""
    return x.astype(carrier.dtype) * carrier


def modulate_bwd(saved, dy):
    x, carrier = saved
    return (dy * carrier).real.astype(x.dtype), dy * x.astype(dy.dtype)


def modulate_takes_modulus_bwd(saved, dy):
    x, carrier = saved
    return jnp.abs(dy * carrier).astype(x.dtype), dy * x.astype(dy.dtype)


PAIRS.append(
    pair(
        "complex to real",
        modulate,
        modulate_takes_modulus_bwd,
        modulate_bwd,
        lambda: (normal(5), complexes(5, seed=1)),
    )
)
