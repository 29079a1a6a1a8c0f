#!/usr/bin/env python3
"""Computes the known answers of the enrolment protocol T1, independently of lib/enrol:
the transcript is put together here from the protocol's description, hashes are
Python's own BLAKE2b, the code's check characters come from polynomial evaluation
instead of division, and only the curves and the AEAD are libsodium's (by ctypes).

    tests/support/t1_vectors.py > tests/unit/lib/enrol/t1_vectors.h
"""
import ctypes
import ctypes.util
from hashlib import blake2b

sodium = ctypes.CDLL(ctypes.util.find_library("sodium"))
assert sodium.sodium_init() >= 0

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

KEY = bytes([0x05] + list(range(0x10, 0x1E)))  # 115 bits
DEVICE_SECRET = bytes(range(0x20, 0x40))
HUB_SECRET = bytes(range(0x40, 0x60))
SID = bytes(range(0xA0, 0xA8))
DEVICE_SEED = bytes(range(0x60, 0x80))
HUB_SEED = bytes(range(0x80, 0xA0))
META = b'{"name":"Lamp","mac":"02:00:00:00:00:01"}'
BODY = b'{"device_id":"lamp-1","token":"00"}'


def x25519(secret, point=None):
    out = ctypes.create_string_buffer(32)
    if point is None:
        sodium.crypto_scalarmult_base(out, secret)
    else:
        assert sodium.crypto_scalarmult(out, secret, point) == 0
    return out.raw


def keypair(seed):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    sodium.crypto_sign_seed_keypair(public, secret, seed)
    return public.raw, secret.raw


def sign(secret, text):
    out = ctypes.create_string_buffer(64)
    sodium.crypto_sign_detached(out, None, text, ctypes.c_ulonglong(len(text)), secret)
    return out.raw


def seal(key, counter, ad, text):
    out = ctypes.create_string_buffer(len(text) + 16)
    nonce = counter.to_bytes(24, "little")
    sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, None, text, ctypes.c_ulonglong(len(text)), ad, ctypes.c_ulonglong(len(ad)), None, nonce, key)
    return out.raw


def field_tables():
    power, value = [], 1
    for _ in range(31):
        power.append(value)
        value <<= 1
        if value & 32:
            value ^= 0b100101
    return power, {v: i for i, v in enumerate(power)}


POWER, LOG = field_tables()


def evaluate(values, exponent):
    """The polynomial with these coefficients, highest first, at alpha^exponent."""
    total = 0
    for place, v in enumerate(reversed(values)):
        if v:
            total ^= POWER[(LOG[v] + exponent * place) % 31]
    return total


def code(key):
    bits = int.from_bytes(key, "big")
    values = [bits >> (5 * (22 - i)) & 31 for i in range(23)]
    for pair in range(1024):
        word = values + [pair >> 5, pair & 31]
        if evaluate(word, 1) == 0 and evaluate(word, 2) == 0:
            text = "".join(ALPHABET[v] for v in word)
            return "-".join(text[i:i + 5] for i in range(0, 25, 5))
    raise AssertionError("no check characters")


def show(name, data):
    print(f"static const uint8_t {name}[] = {{")
    for i in range(0, len(data), 12):
        print("\t" + " ".join(f"0x{b:02x}," for b in data[i:i + 12]))
    print("};")


psk = blake2b(b"T1-psk" + KEY, digest_size=32).digest()
kid = blake2b(b"T1-kid" + KEY, digest_size=16).digest()[:8]
device_public, device_secret_key = keypair(DEVICE_SEED)
hub_public, hub_secret_key = keypair(HUB_SEED)

m1 = bytes([1, 1, 0, 0]) + kid + x25519(DEVICE_SECRET)
m2_clear = bytes([1, 2, 0, 0]) + SID + x25519(HUB_SECRET)
th1 = blake2b(b"T1-th" + m1 + m2_clear).digest()
keys = blake2b(b"T1-key" + x25519(HUB_SECRET, x25519(DEVICE_SECRET)) + th1, key=psk).digest()
k_h2d, k_d2h = keys[:32], keys[32:]
m2 = m2_clear + seal(k_h2d, 0, th1, hub_public)
th2 = blake2b(b"T1-th2" + th1 + m2[44:92]).digest()
m3_header = bytes([1, 3, 0, 0]) + SID
m3 = m3_header + seal(k_d2h, 0, m3_header + th2,
                      device_public + sign(device_secret_key, b"T1D" + th2 + device_public) + META)
th3 = blake2b(b"T1-th3" + th2 + m3).digest()
m4_header = bytes([1, 4, 0, 0]) + SID
m4 = m4_header + seal(k_h2d, 1, m4_header + th3, sign(hub_secret_key, b"T1H" + th3) + BODY)

print("/* Made by tests/support/t1_vectors.py; do not edit. */")
print("#ifndef TESTS_T1_VECTORS_H\n#define TESTS_T1_VECTORS_H\n\n#include <stdint.h>\n")
print(f'static const char vector_code[] = "{code(KEY)}";')
for name, data in (
        ("key", KEY), ("psk", psk), ("kid", kid), ("device_secret", DEVICE_SECRET), ("hub_secret", HUB_SECRET),
        ("sid", SID), ("device_seed", DEVICE_SEED), ("hub_seed", HUB_SEED), ("device_public", device_public),
        ("hub_public", hub_public), ("meta", META), ("body", BODY),
        ("m1", m1), ("m2", m2), ("m3", m3), ("m4", m4)):
    show("vector_" + name, data)
print("\n#endif")
