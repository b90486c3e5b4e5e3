# SPDX-License-Identifier: GPL-3.0-or-later
"""Translation and plain errors: what users of the algorithms read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from qgis.core import QgsProcessingException
from qgis.PyQt.QtCore import QCoreApplication

from ..errors import GeoGanError

#: All texts of the plugin share one translation context, so that a text may move from file to file.
CONTEXT = "GeoGAN"


# QGIS shows metadata as HTML, and lets scripts run there; names in it come from models and layers of others.
_NO_MARKUP = str.maketrans({"<": "\u2039", ">": "\u203a"})  # quotation marks that look like them


def without_markup(text: Any) -> str:
    """Return what is shown of a value as a part of a layer's metadata, where nothing is taken for HTML."""
    return str(text).translate(_NO_MARKUP)


def tags_without_markup(tags: Mapping[str, Any]) -> dict[str, str]:
    """Return a raster's tags as they are written, which QGIS shows as it shows other metadata."""
    return {key: without_markup(value) for key, value in tags.items()}


def tr(text: str) -> str:
    """Return `text` in the user's language."""
    return QCoreApplication.translate(CONTEXT, text)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an expected failure into the one sentence that Processing shows, without a traceback.

    QGIS shows the whole traceback of any exception that is not a `QgsProcessingException`.
    """
    try:
        yield
    except GeoGanError as error:
        raise QgsProcessingException(error.sentence(tr)) from error
