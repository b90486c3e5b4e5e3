# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions of GeoGAN: a failure that a user can cause or cure, one of the moment, and a cancel."""

from __future__ import annotations

from typing import Any, Callable


class GeoGanError(Exception):
    """One plain sentence: what is wrong and what to do.

    The sentence is a template with named values, so that it can be translated before the values are put
    in, and can cross the pipe between QGIS and the worker. A value may be a sentence of its own.

    >>> str(GeoGanError("Layer {layer} has no CRS.", layer="dem"))
    'Layer dem has no CRS.'
    """

    #: Whether what failed is as good as before, so that the same may go well another time.
    is_transient = False

    def __init__(self, template: str, **values: Any) -> None:
        super().__init__(template)
        self.template = template
        self.values = values

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """Return the sentence with its values; the template and values that are sentences are translated."""
        translated = translate(self.template)
        values = {name: translate(each) if _is_sentence(each) else each for name, each in self.values.items()}
        return translated.format(**values) if values else translated

    def __str__(self) -> str:
        return self.sentence()


def _is_sentence(value: Any) -> bool:
    return isinstance(value, str) and " " in value and value.endswith(".")


class TransientError(GeoGanError):
    """A failure of the moment, such as silence or full memory: nothing that failed needs to be replaced."""

    is_transient = True


class Cancelled(Exception):  # noqa: N818 - what the user wished for is no error
    """The user cancelled. Whoever raises it leaves nothing half-done behind."""
