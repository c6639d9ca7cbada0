"""JPEG 2000 in DICOM through openjpeg, joined to pydicom as a decoder of its own; and lossless encoding."""

from __future__ import annotations

from typing import Any

from openjpeg.utils import decode_pixel_data, encode_array
from pydicom.pixels.decoders import (
    HTJ2KDecoder,
    HTJ2KLosslessDecoder,
    HTJ2KLosslessRPCLDecoder,
    JPEG2000Decoder,
    JPEG2000LosslessDecoder,
)

from vertebro.kernels.arrays import AnyArray

PLUGIN = "vertebro_openjpeg"
DECODERS = {
    d.UID: d
    for d in (
        JPEG2000Decoder,
        JPEG2000LosslessDecoder,
        HTJ2KDecoder,
        HTJ2KLosslessDecoder,
        HTJ2KLosslessRPCLDecoder,
    )
}
DECODER_DEPENDENCIES = dict.fromkeys(DECODERS, ("pylibjpeg-openjpeg",))
"""Named as pydicom looks it up in the modules that join it."""


def is_available(uid: str) -> bool:
    """True for the syntaxes that openjpeg decodes (pydicom asks)."""
    return uid in DECODERS


def plugin_for(syntax: str) -> str:
    """The name of our decoder where the syntax is JPEG 2000, else '' (pydicom's own choice)."""
    decoder = DECODERS.get(syntax)  # type: ignore[call-overload]
    if decoder is None:
        return ""
    if PLUGIN not in decoder.available_plugins:
        decoder.add_plugin(PLUGIN, (__name__, "decode_frame"))
    return PLUGIN


def decode_frame(src: bytes, runner: Any) -> bytearray:
    """One frame's bytes; tells pydicom how wide openjpeg makes the numbers."""
    frame: bytearray = decode_pixel_data(src, version=2)
    precision = runner.get_option("j2k_precision", runner.bits_stored)
    runner.set_option("bits_allocated", 8 if precision <= 8 else 16 if precision <= 16 else 32)
    return frame


def encode_lossless(plane: AnyArray, bits_stored: int) -> bytes:
    """One grey picture as a lossless JPEG 2000 code stream."""
    return bytes(encode_array(plane, bits_stored=bits_stored, photometric_interpretation=2))
