"""Any picture that Pillow opens, as 8-bit sRGB."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageCms

PROFILE_MODES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}


def flattened(image: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel in mode L, RGB, CMYK or LAB; see-through parts are white.

    16-bit and floating-point greys are brought to 0..255; the colour profile is kept in `info`.
    """
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        flat = Image.fromarray(_eight_bits(np.asarray(image)))
    elif image.has_transparency_data:
        flat = _on_white(image.convert("RGBA"))
    elif image.mode in ("L", "RGB", "CMYK", "LAB"):
        flat = image
    else:
        flat = image.convert("L" if image.mode == "1" else "RGB")
    if "icc_profile" in image.info:
        flat.info["icc_profile"] = image.info["icc_profile"]
    return flat


def to_srgb(flat: Image.Image) -> Image.Image:
    """A flattened picture in mode RGB, its colour profile (if any) converted to sRGB.

    A profile that is damaged or belongs to another colour mode is passed over, as browsers do.
    """
    transform = _transform_to_srgb(flat)
    if transform is None:
        return flat if flat.mode == "RGB" else flat.convert("RGB")
    managed = ImageCms.applyTransform(flat, transform)
    assert managed is not None  # it is only when transforming in place
    return managed


def _transform_to_srgb(flat: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """What brings the picture to sRGB; None if it has no usable profile or is sRGB already."""
    data = flat.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(data))
        if PROFILE_MODES.get(profile.profile.xcolor_space) != flat.mode:
            return None
        srgb = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(profile, srgb, flat.mode, "RGB")
    except (OSError, TypeError, ValueError, ImageCms.PyCMSError):
        return None
    return None if flat.mode == "RGB" and _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether the transform moves no colour of a 6 x 6 x 6 cube by more than one step.

    Cameras name their sRGB profiles in many ways; what a profile does is a surer sign, and
    converting twelve megapixels takes a quarter of a second.
    """
    levels = np.arange(0, 256, 51, dtype=np.uint8)
    cube = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(1, -1, 3)
    moved = ImageCms.applyTransform(Image.fromarray(cube), transform)
    return bool(np.abs(np.asarray(moved).astype(int) - cube).max() <= 1)


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Greys of unknown range as uint8: the smallest of 0..1 (floats), 0..255, 0..65535 that fits.

    16-bit integers always count as 0..65535; larger ones are scaled by their maximum.
    """
    if values.dtype.itemsize == 2:
        white = 65535.0
    else:
        values = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        brightest = float(values.max(initial=0.0))
        steps = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
        white = next((step for step in steps if brightest <= step), brightest)
    return (values * np.float32(255.0 / white)).clip(0, 255).round().astype(np.uint8)
