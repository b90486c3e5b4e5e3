# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of parameters that the algorithms are made of, as QGIS's dialogs show them."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.core import (
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
)

LARGEST_SEED = 2**31 - 1


def described(parameter: QgsProcessingParameterDefinition, tooltip: str) -> QgsProcessingParameterDefinition:
    """Return the parameter with its tooltip."""
    parameter.setHelp(tooltip)
    return parameter


def advanced(parameter: QgsProcessingParameterDefinition) -> QgsProcessingParameterDefinition:
    """Return the parameter, shown only among the advanced ones."""
    parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.Flag.FlagAdvanced)
    return parameter


def choice(key: str, label: str, options: Sequence[str], default: str) -> QgsProcessingParameterEnum:
    """Return the choice of one of several words."""
    return QgsProcessingParameterEnum(
        key, label, options=list(options), defaultValue=default, usesStaticStrings=True
    )


def whole_number(
    key: str,
    label: str,
    default: int | None = None,
    *,
    least: int | None = None,
    most: int | None = None,
) -> QgsProcessingParameterNumber:
    """Return a whole number; optional where it has no default."""
    return _number(QgsProcessingParameterNumber.Type.Integer, key, label, default, least, most)


def seed(key: str, label: str) -> QgsProcessingParameterNumber:
    """Return a seed: any that QGIS can read as a whole number; larger ones it would read as 0."""
    return whole_number(key, label, 0, least=-LARGEST_SEED, most=LARGEST_SEED)


def real_number(
    key: str,
    label: str,
    default: float | None = None,
    *,
    decimals: int,
    least: float | None = None,
    most: float | None = None,
) -> QgsProcessingParameterNumber:
    """Return a number, of which the dialog shows so many decimals; optional where it has no default.

    QGIS shows six of every number: "30.000000" minutes. Scripts may give more than are shown.
    """
    number = _number(QgsProcessingParameterNumber.Type.Double, key, label, default, least, most)
    number.setMetadata({"widget_wrapper": {"decimals": decimals}})
    return number


def _number(
    kind: QgsProcessingParameterNumber.Type,
    key: str,
    label: str,
    default: float | None,
    least: float | None,
    most: float | None,
) -> QgsProcessingParameterNumber:
    number = QgsProcessingParameterNumber(key, label, kind, default, optional=default is None)
    if least is not None:
        number.setMinimum(least)
    if most is not None:
        number.setMaximum(most)
    return number
