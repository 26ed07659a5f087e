"""What a page says, for tests that read pages."""

from __future__ import annotations

import re


def plain(html: str) -> str:
    """What the main part of a page says, without its tags."""
    main = html.partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())
