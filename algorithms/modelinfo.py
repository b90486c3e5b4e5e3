# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe a GeoGAN model: what it was trained on, and how."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)

from ..models.model_card import ModelCard
from ..models.model_file import read_card, read_model, sha256_of
from .algorithm import GeoGanAlgorithm
from .bundled_model import missing_model, model_path
from .parameters import described
from .reports.model_parts import described_parts
from .reports.report import heading, page, write_report
from .reports.scores import described_scores
from .text import tr


class ModelInfoAlgorithm(GeoGanAlgorithm):
    """Reads a model file's card; needs no worker."""

    MODEL = "MODEL"
    REPORT = "REPORT"
    KIND = "KIND"
    PIXEL_SIZE = "PIXEL_SIZE"
    UNIT = "UNIT"
    LOWEST = "LOWEST"
    HIGHEST = "HIGHEST"
    LANDSCAPES = "LANDSCAPES"
    STAGES = "STAGES"
    STEPS = "STEPS"
    SHA256 = "SHA256"

    def name(self):
        return "modelinfo"

    def displayName(self):
        return tr("Describe a GeoGAN model")

    def shortDescription(self):
        return tr("Shows what a model was trained on, at which pixel size, and how.")

    def tags(self):
        return tr("geogan,model,gan,describe,information,provenance,licence").split(",")

    def initAlgorithm(self, configuration=None):
        model = QgsProcessingParameterFile(self.MODEL, tr("GeoGAN model"), extension="geogan", optional=True)
        report = QgsProcessingParameterFileDestination(
            self.REPORT, tr("Report"), tr("HTML files (*.html)"), optional=True
        )
        self.addParameter(
            described(
                model, tr("A .geogan file, made by Train GeoGAN. Empty: the model that comes with GeoGAN.")
            )
        )
        self.addParameter(described(report, tr("A page with all that the model says of itself.")))

        self.addOutput(QgsProcessingOutputString(self.KIND, tr("Kind of data")))
        self.addOutput(QgsProcessingOutputNumber(self.PIXEL_SIZE, tr("Pixel size (m)")))
        self.addOutput(QgsProcessingOutputString(self.UNIT, tr("Unit of the values")))
        self.addOutput(QgsProcessingOutputNumber(self.LOWEST, tr("Lowest value of the training layers")))
        self.addOutput(QgsProcessingOutputNumber(self.HIGHEST, tr("Highest value of the training layers")))
        self.addOutput(QgsProcessingOutputString(self.LANDSCAPES, tr("Landscapes that it knows")))
        self.addOutput(QgsProcessingOutputNumber(self.STAGES, tr("Number of stages")))
        self.addOutput(QgsProcessingOutputNumber(self.STEPS, tr("Training steps")))
        self.addOutput(QgsProcessingOutputString(self.SHA256, tr("SHA-256 of the file")))

    def refusal(self, parameters, context):
        return missing_model(self.parameterAsFile(parameters, self.MODEL, context))

    def gather(self, parameters, context, feedback):
        self._model = model_path(self.parameterAsFile(parameters, self.MODEL, context))
        self._report = self.parameterAsFileOutput(parameters, self.REPORT, context)

    def work(self, parameters, context, feedback):
        card = read_card(self._model)
        checksum = checksum_of(self._model)
        facts = {
            self.KIND: card.kind,
            self.PIXEL_SIZE: card.pixel_size,
            self.UNIT: card.unit,
            self.LOWEST: card.value_range[0],
            self.HIGHEST: card.value_range[1],
            self.LANDSCAPES: ", ".join(card.landscapes),
            self.STAGES: len(card.stages),
            self.STEPS: card.steps,
            self.SHA256: checksum,
        }
        feedback.pushInfo(
            tr("{name}: {kind}, pixel size {pixel_size:g} m, {steps} training steps.").format(
                name=card.name, kind=card.kind, pixel_size=card.pixel_size, steps=card.steps
            )
        )
        feedback.pushInfo(tr("Landscapes: {names}.").format(names=facts[self.LANDSCAPES]))
        if self._report:
            write_report(self._report, describe(card, checksum))
            facts[self.REPORT] = self._report
        return facts


def checksum_of(path: Path) -> str:
    """Return the SHA-256 of a model file. Raises GeoGanError if it can't be read."""
    return sha256_of(read_model(path))


def describe(card: ModelCard, checksum: str) -> str:
    """Return the report: what the result is like, where the model is from, its stages and its scores."""
    realism = [heading(tr("Realism")), *described_scores(card.realism)]
    return page(card.name, *described_parts(card, checksum), *realism)
