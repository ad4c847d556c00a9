"""What every platform needs to say the same words in its own dialect, inside its own limits; pure.

A limit is a question: `fits` says whether a text would be taken, counted however the platform
counts. Less must fit where more does; each call costs what the caller makes it cost, about twenty
a piece.
"""

from __future__ import annotations

from adapters.dialect.characters import Fits, clean, cut, without_bidi
from adapters.dialect.links import safe_links
from adapters.dialect.pieces import shorten, split

__all__ = ["Fits", "clean", "cut", "safe_links", "shorten", "split", "without_bidi"]
