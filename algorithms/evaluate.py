# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare synthetic with real: how alike two elevation layers are, and whether one was copied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessing,
    QgsProcessingOutputNumber,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterLayer,
)

from ..rasters.reading.alignment import AlignedArea, align
from ..rasters.reading.areas import WINDOW_PX, Area, read_areas
from ..rasters.reading.source import Source, describe_source
from .algorithm import GeoGanAlgorithm
from .crs import reproject_it, warn_of_layers
from .home import geogan_home
from .parameters import described
from .reports.evaluation_report import evaluation_report
from .reports.figure_texts import figure_labels
from .reports.metric_texts import METRICS, metric_texts
from .reports.report import write_report
from .reports.verdict import verdicts
from .sources import gather_layers, gdal_paths
from .temporary import temporary_folder
from .text import tr
from .whole_file import check_writable
from .worker_job import logged_to, progress_to, ready_worker, run_job

#: Layers with a shorter side than this can't be compared.
MINIMUM_PX = 64

#: Of each of the two layers, and of all training layers together: four windows of a large one.
BUDGET_PX = 4 * WINDOW_PX**2


@dataclass(frozen=True)
class Compared:
    """What is compared, all at one pixel size."""

    synthetic: list[Area]
    real: list[Area]
    training: list[Area]
    pixel_size: float
    notes: list[str]  # what was resampled

    def arrays(self) -> dict[str, Any]:
        """Return the heights as the arrays of a message."""
        groups = {"synthetic": self.synthetic, "real": self.real, "training": self.training}
        return {
            f"{name}{number}": area.values
            for name, areas in groups.items()
            for number, area in enumerate(areas)
        }


class EvaluateAlgorithm(GeoGanAlgorithm):
    """Aligns and cleans the layers here; the worker measures them and draws."""

    SYNTHETIC, REAL, TRAINING, REPORT = "SYNTHETIC", "REAL", "TRAINING", "REPORT"
    REALISM, TEXTURE, LAND, NOVELTY = "REALISM", "TEXTURE", "LAND", "NOVELTY"

    needs_worker = True

    def name(self):
        return "evaluate"

    def displayName(self):
        return tr("Compare synthetic with real")

    def shortDescription(self):
        return tr("Measures how alike synthetic and real terrain are, rivers included, and draws both.")

    def tags(self):
        return tr("geogan,compare,realism,evaluate,quality,terrain,drainage,geomorphons,spectrum").split(",")

    def initAlgorithm(self, configuration=None):
        synthetic = QgsProcessingParameterRasterLayer(self.SYNTHETIC, tr("Synthetic terrain"))
        real = QgsProcessingParameterRasterLayer(self.REAL, tr("Real terrain"))
        training = QgsProcessingParameterMultipleLayers(
            self.TRAINING,
            tr("Layers that the model was trained on"),
            QgsProcessing.SourceType.TypeRaster,
            optional=True,
        )
        report = QgsProcessingParameterFileDestination(
            self.REPORT, tr("Report"), tr("HTML files (*.html)"), optional=True
        )
        self.addParameter(described(synthetic, tr("Elevation in metres, made by any program.")))
        self.addParameter(
            described(real, tr("Elevation in metres of the landscape that it should be like; any place."))
        )
        self.addParameter(described(training, tr("To see whether the synthetic terrain repeats them.")))
        self.addParameter(described(report, tr("A page with maps, curves, scores and what they mean.")))

        self.addOutput(QgsProcessingOutputNumber(self.REALISM, tr("Realism (1 = as real parts are alike)")))
        self.addOutput(QgsProcessingOutputNumber(self.TEXTURE, tr("Texture score")))
        self.addOutput(QgsProcessingOutputNumber(self.LAND, tr("Land score")))
        self.addOutput(QgsProcessingOutputNumber(self.NOVELTY, tr("Novelty (1 = as unseen land)")))
        texts = metric_texts()
        for name in METRICS:
            label = tr("Distance: {metric}").format(metric=texts[name].name)
            self.addOutput(QgsProcessingOutputNumber(name.upper(), label))

    def gather(self, parameters, context, feedback):
        self._home = geogan_home()
        pair = [self.raster_layer(parameters, key, context) for key in (self.SYNTHETIC, self.REAL)]
        training = []
        if parameters.get(self.TRAINING):
            training = self.raster_layers(parameters, self.TRAINING, context)
        self._sources = gather_layers([*pair, *training], context)
        warn_of_layers([*pair, *training], context, feedback, reproject_it())
        self._report = self.parameterAsFileOutput(parameters, self.REPORT, context)

    def work(self, parameters, context, feedback):
        if self._report:
            check_writable(Path(self._report))
        compared = self._read_layers(feedback)
        # Nothing is computed with TensorFlow, so that no graphics card is taken.
        fields = {"pixel_size": compared.pixel_size, "labels": figure_labels(), "device": "cpu"}
        with ready_worker(self._home, feedback) as worker:
            feedback.setProgressText(tr("Comparing…"))
            result = run_job(worker, "evaluate", fields, compared.arrays(), feedback, {})
        for question, _, answer, _ in verdicts(result.fields):
            feedback.pushInfo(f"{question} {answer}")
        outputs = self._numbers(result.fields)
        if self._report:
            html = evaluation_report(
                self._title(),
                self._facts(compared, result.fields),
                compared.notes,
                result.fields,
                result.arrays,
            )
            write_report(self._report, html)
            outputs[self.REPORT] = self._report
        return outputs

    def _read_layers(self, feedback) -> Compared:
        log = logged_to(feedback)
        feedback.setProgressText(tr("Reading layers…"))
        with temporary_folder() as folder:
            paths = gdal_paths(self._sources, Path(folder), feedback)
            sources = [describe_source(path, name) for name, path in paths]
            pair = align(sources[:2], None, None, log, MINIMUM_PX)
            pixel_size = pair[0].pixel_size_m
            training = align(sources[2:], pixel_size, None, log) if sources[2:] else []
            notes = _resampled(sources, [*pair, *training])
            for note in notes:
                feedback.pushInfo(note)
            progress = progress_to(feedback, 0, 100)
            groups = [
                list(read_areas(group, BUDGET_PX, log=log, progress=progress))
                for group in (pair[:1], pair[1:], training)
            ]
        return Compared(*groups, pixel_size, notes)

    def _numbers(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Return the numbers that are outputs; None for those that could not be measured."""
        numbers = {name.upper(): fields[name] for name in ("realism", "texture", "land", "novelty")}
        metrics = {name.upper(): fields["metrics"].get(name, {}).get("distance") for name in METRICS}
        return {**numbers, **metrics}

    def _title(self) -> str:
        synthetic, real = self._sources[:2]
        return tr("{synthetic} compared with {real}").format(synthetic=synthetic.name, real=real.name)

    def _facts(self, compared: Compared, fields: dict[str, Any]) -> list[tuple[str, Any]]:
        """Return the rows on the layers, and on how much of them was compared.

        Floors fall with the number of pieces that are pooled: scores of unlike amounts of land differ.
        """
        synthetic, real, *training = (source.name for source in self._sources)
        facts = [
            (tr("Synthetic"), _with_size(synthetic, fields["synthetic_px"], compared.synthetic)),
            (tr("Real"), _with_size(real, fields["real_px"], compared.real)),
            (tr("Pixel size"), f"{compared.pixel_size:g} m"),
        ]
        return [*facts, (tr("Training"), ", ".join(training))] if training else facts


def _with_size(name: str, pixels: int, pieces: list[Area]) -> str:
    return tr("{layer}: {pixels} pixels without voids; pieces: {count}").format(
        layer=name, pixels=pixels, count=len(pieces)
    )


def _resampled(sources: list[Source], aligned: list[AlignedArea]) -> list[str]:
    """Return a sentence on each layer whose pixels were changed to compare it."""
    return [
        tr(
            "Layer {layer} was resampled from {before} m to {after} m. That smooths it a little, which the "
            "texture shows."
        ).format(layer=area.name, before=f"{source.native_size_m:.3g}", after=f"{area.pixel_size_m:g}")
        for source, area in zip(sources, aligned)
        if area.is_resampled
    ]
