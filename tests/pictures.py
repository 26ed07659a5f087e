"""Drawn SVG turned into pixels and read as a scanner reads them."""

from __future__ import annotations

import re
from pathlib import Path

import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

BOX = re.compile(r"M(\d+) (\d+)h(\d+)v(\d+)h-\d+z")


def rasterised(svg: str, scale: int = 1) -> Image.Image:
    """The picture at so many pixels a unit, as a browser paints its white sheet and its one dark path."""
    width, height = (int(re.search(rf'{name}="(\d+)"', svg)[1]) for name in ("width", "height"))  # type: ignore[index]
    image = Image.new("L", (width * scale, height * scale), 128)  # grey: what the picture does not paint itself shows
    draw = ImageDraw.Draw(image)
    for shade, path in re.findall(r'<path fill="#(fff|000)" d="([^"]*)"', svg):
        assert BOX.sub("", path) == "", "a form of path that this does not draw"
        for x, y, across, down in ([int(part) * scale for part in box] for box in BOX.findall(path)):
            draw.rectangle((x, y, x + across - 1, y + down - 1), fill=255 if shade == "fff" else 0)
    return image


def photographed(image: Image.Image, *, degrees: float, blur: float, noise: int = 12) -> Image.Image:
    """As a camera sees a phone: turned, out of focus, grainy, less than white, something dark around it."""
    phone = Image.new("L", (image.width + 160, image.height + 160), 70)
    phone.paste(image.point(lambda shade: 30 + shade * 190 // 255), (80, 80))
    turned = phone.rotate(degrees, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=70)
    soft = turned.filter(ImageFilter.GaussianBlur(blur))
    grain = Image.effect_noise(soft.size, noise)
    return Image.blend(soft, grain, 0.15)


def read(image: Image.Image, kind: str) -> list[str]:
    """What a reader finds of one kind, "QRCode" or "Codabar"."""
    formats = getattr(zxingcpp.BarcodeFormat, kind)
    return [found.text for found in zxingcpp.read_barcodes(image, formats=formats)]


def read_file(path: Path, kind: str) -> list[str]:
    with Image.open(path) as image:
        return read(image.convert("L"), kind)
