"""Make src/crmlab/fonts/ from Noto Sans SC: two static weights, the GB 2312 characters, a family name of our own.

Run once by a maintainer, in an environment of its own (the course does not need these packages):

    python -m pip install "fonttools==4.68.0" "justmytype-intl-cjk==0.1.0"
    python tools/make_fonts.py

The same versions give the same bytes. The OFL allows the renaming; 'Source' is the only reserved name.
"""

import shutil
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FAMILY = "CrmLab Sans SC"
WEIGHTS = {"Regular": 400, "Bold": 700}
OUT = Path(__file__).resolve().parents[1] / "src" / "crmlab" / "fonts"


def characters() -> set[int]:
    """Code points kept: Latin-1, all of GB 2312 (6,763 hanzi, symbols, kana, Greek), and what charts add."""
    wanted = set(range(0x20, 0x7F)) | set(range(0xA0, 0x100))
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                wanted.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return wanted | {ord(c) for c in "−–—•…€≈≤≥￥〇"}  # charts and dates need them, GB 2312 has not got them all


def make(source: Path, style: str, target: Path) -> None:
    font = TTFont(source, recalcTimestamp=False)
    instancer.instantiateVariableFont(font, {"wght": WEIGHTS[style]}, inplace=True)
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx", "VORG"]
    options.name_IDs = ["*"]
    options.recalc_timestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)

    names = font["name"]
    postscript = f"{FAMILY.replace(' ', '')}-{style}"
    ours = {1: FAMILY, 2: style, 3: f"{postscript};crmlab", 4: f"{FAMILY} {style}", 6: postscript}
    kept = {0, 5, 7, 8, 9, 11, 12, 13, 14}  # copyright, version, trademark, makers, licence: as they were
    names.names = [record for record in names.names if record.nameID in kept]
    for name_id, text in ours.items():
        names.setName(text, name_id, 3, 1, 0x409)
    bold = style == "Bold"
    font["OS/2"].usWeightClass = WEIGHTS[style]
    font["OS/2"].fsSelection = font["OS/2"].fsSelection & ~0x61 | (0x20 if bold else 0x40)
    font["head"].macStyle = int(bold)
    font.save(target)


def main() -> None:
    import justmytype_intl_cjk

    folder = Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / "notosanssc"
    OUT.mkdir(parents=True, exist_ok=True)
    for style in WEIGHTS:
        make(folder / "NotoSansSC[wght].ttf", style, OUT / f"CrmLabSansSC-{style}.ttf")
    shutil.copyfile(folder / "OFL.txt", OUT / "OFL.txt")


if __name__ == "__main__":
    main()
