"""The map of the course: its chapters, and which of them lie in this folder."""

from crmlab.language import Said, language, say, t
from crmlab.work import course_root

CHAPTERS = tuple(f"{no:02d}" for no in range(18))


def syllabus() -> Said:
    """A table of all chapters; those that are here are links, relative to the folder of the chapters."""
    root = course_root()
    rows = [
        f"| {say(zh='章', en='No')} | {say(zh='题目', en='Chapter')} | {say(zh='实验', en='Lab')} |",
        "|:--|:--|:--|",
    ]
    for no in CHAPTERS:
        here = sorted((root / "notebooks" / language()).glob(f"{no}_*.ipynb")) if root else []
        lab = bool(root and list((root / "labs" / language()).glob(f"{no}_*.ipynb")))
        title = t(f"chapter_{no}")
        name = f"[**{title}**]({here[0].name})" if here else say(zh=f"{title}（还没写）", en=f"{title} (to come)")
        rows.append(f"| {no} | {name} | {'✔' if lab else ''} |")
    return Said("\n".join(rows))
