# SPDX-License-Identifier: GPL-3.0-or-later
"""Small HTML reports for the Results Viewer: self-contained, and safe whatever the texts in them say."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from qgis.core import QgsApplication

from ..algorithm import RESOURCES
from ..whole_file import write_whole

_DEEPEST = 8  # of values within values that are shown

# No scripts, and no policy for anything from outside: a model's name or a worker's message may come from
# anyone.
PAGE = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font-family: sans-serif; margin: 1.5em; max-width: 50em; color: #222; background: #fff }}
h1 {{ font-size: 1.4em }} h2 {{ font-size: 1.1em; margin-top: 1.5em }}
th {{ text-align: left; vertical-align: top; font-weight: normal; color: #666; padding: .15em 1.5em .15em 0 }}
td {{ white-space: pre-line; padding: .15em 0 }}
</style></head>
<body><h1>{title}</h1>
{body}
</body></html>
"""


def page(title: str, *parts: str) -> str:
    """Return a whole page of HTML parts. The title is plain text."""
    language = language_of_texts(QgsApplication.locale())
    return PAGE.format(language=escape(language), title=escape(title), body="\n".join(parts))


def language_of_texts(locale: str) -> str:
    """Return the language of a page, as HTML names it: a locale's if we are translated to it, or English."""
    for name in (locale, locale.partition("_")[0]):
        if (RESOURCES / "i18n" / f"geogan_{name}.qm").is_file():
            return name.replace("_", "-")
    return "en"


def heading(text: str) -> str:
    """Return a heading of plain text."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    """Return a paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def table(rows: Iterable[tuple[str, Any]]) -> str:
    """Return a table of (label, value); values are shown as `plain` writes them."""
    lines = (
        f'<tr><th scope="row">{escape(label)}</th><td>{escape(plain(value))}</td></tr>'
        for label, value in rows
    )
    return f"<table>{''.join(lines)}</table>"


def image(png: bytes, width: int, text: str) -> str:
    """Return a picture, `width` pixels wide; `text` is what it shows, for those who do not see it.

    The page holds it: the Results Viewer of some QGIS versions draws nothing else.
    """
    content = base64.b64encode(png).decode()
    return f'<p><img width="{width}" alt="{escape(text)}" src="data:image/png;base64,{content}"></p>'


def plain(value: Any, depth: int = _DEEPEST) -> str:
    """Return a JSON value as text for people: lists of numbers in a line, objects as "key: value"."""
    if isinstance(value, (Mapping, list, tuple)) and not depth:
        return "…"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plain(inner, depth - 1)}" for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        between = "\n" if any(isinstance(inner, (Mapping, str)) for inner in value) else " "
        return between.join(plain(inner, depth - 1) for inner in value)
    if isinstance(value, float):
        return f"{value:.6g}"
    return "–" if value is None else str(value)


def write_report(path: str, html: str) -> None:
    """Write a report. Raises GeoGanError if the file cannot be written."""
    write_whole(Path(path), html.encode())
