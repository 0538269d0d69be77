"""Random bits cheap enough to be made twice: a hash of each number's position."""

import jax
import jax.numpy as jnp
from jax import Array, lax
from jaxtyping import PRNGKeyArray, UInt32


def random_bits(key: PRNGKeyArray, shape: tuple[int, ...]) -> UInt32[Array, "..."]:
    """32 uniform bits for each place of an array, as a function of `key` and the place alone.

    It costs about as much as reading the array that it masks, where jax.random.bits costs ten times that or more: so a
    rule can keep the key and remake the bits. Not cryptographic, and not for draws whose quality decides a result: for
    dropout. Within one key no two of 2³² places get the same bits; a larger array repeats them.

    Source: the finalizers triple32 and lowbias32 of Chris Wellons' hash-prospector (in the public domain); the second
    half of the key goes in between the rounds, so that two keys' bits are not each other's in another order.
    """
    first, second = _key_halves(key)
    x = _places(shape) ^ first
    x = (x ^ (x >> 17)) * jnp.uint32(0xED5AD4BB)
    x = (x ^ (x >> 11)) * jnp.uint32(0xAC4C1B51) + second
    x = (x ^ (x >> 15)) * jnp.uint32(0x31848BAB)
    return x ^ (x >> 14)


def _key_halves(key: PRNGKeyArray) -> tuple[UInt32[Array, ""], UInt32[Array, ""]]:
    """Two numbers that each depend on all the words of the key, however many its implementation has."""
    first, second = jnp.uint32(0), jnp.uint32(0x9E3779B9)
    for word in jax.random.key_data(key):
        first, second = _mix(first ^ word), _mix(second + word)
    return first, second


def _mix(x: UInt32[Array, ""]) -> UInt32[Array, ""]:
    x = (x ^ (x >> 16)) * jnp.uint32(0x7FEB352D)
    x = (x ^ (x >> 15)) * jnp.uint32(0x846CA68B)
    return x ^ (x >> 16)


def _places(shape: tuple[int, ...]) -> UInt32[Array, "..."]:
    """Each place's number in row-major order, axis by axis: elementwise, so that it fuses and can be sharded."""
    places = jnp.uint32(0)
    for axis, size in enumerate(shape):
        places = places * jnp.uint32(size) + lax.broadcasted_iota(jnp.uint32, shape, axis)
    return places
