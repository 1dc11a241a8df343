"""Whether an image is one: it is decoded to its last row, within bounds of size and pages."""

from __future__ import annotations

import io

FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/tiff": "TIFF"}
MOST_PIXELS = 40_000_000  # an A4 page at 600 dpi has 35 million
MOST_PAGES = 50
# Pillow's decoders raise many kinds for broken files; MemoryError and RecursionError are ours to answer, too.
NO_IMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    KeyError,
    IndexError,
    TypeError,
    EOFError,
    ZeroDivisionError,
    OverflowError,
    AttributeError,
    NotImplementedError,
    MemoryError,
)


def is_image(content: bytes, media_type: str) -> bool:
    """Whether every page decodes; the bounds are looked at before anything is unpacked."""
    from PIL import Image  # when there is first an image: ten modules

    try:
        return _decodes(content, FORMATS[media_type])
    except (*NO_IMAGE, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return False


def _decodes(content: bytes, image_format: str) -> bool:
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=[image_format]) as image:
        left = MOST_PIXELS
        for page in range(MOST_PAGES + 1):
            try:
                image.seek(page)
            except EOFError:
                return page > 0
            left -= image.width * image.height
            if left < 0:
                return False
            image.load()
            if not hasattr(image, "n_frames"):
                return True
    return False
