"""How pictures go into a page: as part of its text, in few colours, with what they show said in words."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from khabar.experiments.arabic_names import HEADS
from khabar.experiments.plots import learning_curve

COLOURS = 128  # less than half of the bytes, and nothing that the eye would miss in a plot
# By what a picture's file name begins with, in the order of a page.
KINDS = {
    "confusion": "مصفوفة الالتباس",
    "reliability": "معايرة الثقة",
    "coverage": "نسبة الصواب بحسب نسبة المقالات الموسومة",
    "outlets": "بحسب الناشر",
}


@dataclass(frozen=True)
class Picture:
    """A picture within a page.

    Attributes
    ----------
    shows : str
        What it shows, in Arabic.
    address : str
        All of it, as a data URL.
    width, height : int
        In pixels.
    """

    shows: str
    address: str
    width: int
    height: int


def pictures(folder: Path, unread: list[Path]) -> list[Picture]:
    """Give the pictures of a folder of PNG files, by `KINDS` and heads; `unread` takes up those that are broken."""
    order = [*KINDS, *HEADS]
    found = {path: path.stem.partition("-")[::2] for path in sorted(folder.glob("*.png"))}
    places = {path: [order.index(name) if name in order else len(order) for name in found[path]] for path in found}
    read = []
    for path in sorted(found, key=places.__getitem__):
        try:
            with Image.open(path) as image:
                read.append(_picture(image, _shows(*found[path])))
        except (OSError, SyntaxError):  # what Pillow raises of files that were cut off
            unread.append(path)
    return read


def curve_picture(curve: Mapping[str, Any]) -> Picture:
    """Draw what `learning_curve.json` holds."""
    drawn = BytesIO()
    learning_curve(curve).savefig(drawn, bbox_inches="tight")
    return _picture(Image.open(drawn), "منحنى التعلّم: الأرقام بحسب عدد مقالات التدريب")


def _shows(kind: str, head: str) -> str:
    names = [KINDS.get(kind, kind), HEADS.get(head, head)]
    return ": ".join(name for name in names if name)


def _picture(image: Image.Image, shows: str) -> Picture:
    file = BytesIO()
    image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, "PNG")
    return Picture(shows, f"data:image/png;base64,{b64encode(file.getvalue()).decode()}", *image.size)
