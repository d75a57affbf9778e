# SPDX-License-Identifier: GPL-2.0-or-later
"""Sine tones as WAV files, and how much of a tone is in a recording."""
from __future__ import annotations

import math
import struct
import wave
from pathlib import Path

_RATE = 8000


def write_tone(path: Path, hertz: float, seconds: float) -> None:
    """16-bit mono at 8000 Hz."""
    samples = (int(8000 * math.sin(2 * math.pi * hertz * index / _RATE)) for index in range(int(_RATE * seconds)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))


def read_samples(path: Path) -> list[int]:
    """The samples of a mono 16-bit file.  The length in its header is not trusted: a recorder may still be writing."""
    data = path.read_bytes()
    start = data.find(b"data")
    if start < 0:
        return []
    body = data[start + 8 :]
    count = len(body) // 2
    return list(struct.unpack(f"<{count}h", body[: count * 2]))


def tone_share(samples: list[int], hertz: float) -> float:
    """Share of the signal's energy at one frequency (Goertzel), 0.0 to about 1.0; 0.0 for silence."""
    energy = sum(sample * sample for sample in samples)
    if not energy:
        return 0.0
    factor = 2 * math.cos(2 * math.pi * hertz / _RATE)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = last * last + before * before - factor * last * before
    return 2 * power / (energy * len(samples))


def seconds_with_tone(samples: list[int], hertz: float) -> float:
    """How long the tone is heard, counted in blocks of 50 ms."""
    size = _RATE // 20
    blocks = [samples[start : start + size] for start in range(0, len(samples) - size + 1, size)]
    return sum(0.05 for block in blocks if tone_share(block, hertz) > 0.7)
