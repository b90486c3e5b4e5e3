# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's job `train`: areas in, progress and checkpoints on the way, a scored model out."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from ...errors import GeoGanError
from .. import model_card, model_file
from ..evaluation_job import evaluation_message
from ..generation.cascade import Cascade
from ..networks.layers import BFLOAT16
from ..weights import to_bytes
from .cascade_training import Budget, Progress
from .conclusion import concluded
from .placement import Placement, placement_of
from .scoring import Scorer, scored_seeds
from .settings import TrainingSettings
from .training_land import TrainingLand
from .training_start import TrainingStart

if TYPE_CHECKING:
    from ...worker.channel import Channel
    from ...worker.protocol import Message

_CHECKPOINT_EVERY_S = 45.0
_HISTORY_POINTS = 400  # of the loss curves in the report


def train(request: Message, channel: Channel) -> None:
    """Train a model; a cancelled training gives the model so far, and a checkpoint to go on from.

    Request arrays: `area0`, `area1`, ... float32 (rows, cols), NaN where void; with guiding layers, for each
    `conditions0`, ... float32 (rows, cols, layers) without voids; optionally, the bytes of model files,
    `checkpoint` and `base_model` or else `forms`, whose layout is taken where the areas are too small to
    learn one from. Fields: those of `TrainingSettings.asked_for` and `_card`, `minutes`, `epochs` (or null),
    `preset`, `patch_size`, `hold_out` (0 to 1); `landscapes`, their names, and `area_landscapes`, the index
    of each area's; `conditions`, the names of the guiding layers, if any; `area_is_part`, whether each is of
    a layer too large to be held whole (none are, if left out); `area_layers`, the names of their layers;
    `labels`, the texts of the report's figures.

    For other parts of such layers it sends `areas_wanted`, with a `turn` that counts from 1, and is supplied
    with `area_landscapes` and arrays as above, or with none.
    """
    placement = placement_of(channel.device)
    if len(placement.devices) > 1:
        channel.log("The training runs on {count} GPUs.", count=len(placement.devices))
    if placement.precision == BFLOAT16:
        channel.log("Convolutions are computed in bfloat16.")
    with placement.entered():
        _TrainingJob(request, channel, placement).run()


class _TrainingJob:
    """One training: what it was asked for, its trainer, its scores, and the files that it makes."""

    def __init__(self, request: Message, channel: Channel, placement: Placement) -> None:
        self._fields, self._channel, self._placement = request.fields, channel, placement
        self._notes: list[dict[str, Any]] = []  # see `_note`
        self._start = TrainingStart(request, channel, self._note)
        self._land = TrainingLand(request, channel, self._start.conditions)
        self._settings = TrainingSettings.asked_for(request.fields)
        self._budget = Budget(float(request.fields["minutes"]) * 60.0, request.fields["epochs"])
        self._history: list[dict[str, Any]] = []
        self._saved_at = time.monotonic()
        self._ended_at = 1.0  # of the time; less where the scores no longer improved
        self._refiners: dict[int, model_card.Refiner] = {}
        with channel.expendable():
            channel.log("Measuring the layers…")
            self._scorer = Scorer(
                self._land.held_out,
                self._land.whole,
                float(request.fields["pixel_size"]),
                scored_seeds(self._budget.seconds),
            )
            channel.log("Building the networks…")
            self._trainer = self._start.trainer(
                self._land,
                self._settings,
                placement.precision,
                self._scorer,
                None if self._budget.epochs else self._budget.seconds,
            )
            for trainer in self._trainer.trainers:
                trainer.compile()
            if placement.tries_xla_in(self._budget.seconds, areas_stay=not self._land.moves):
                self._try_xla()
            self._cascade = self._scored_cascade()

    def run(self) -> None:
        if self._trainer.has_base and not self._scorer.history:
            # So that a base model that already knows the land is not given up for a worse one.
            self._scorer.score(self._cascade, 0.0, 0.0, lambda: self._channel.cancelled)
        patches_before, seconds_before = self._trainer.patches, self._trainer.seconds
        self._trainer.train(self._budget, self._is_over, self._tell)
        seconds = self._trainer.seconds - seconds_before
        patches = self._trainer.patches - patches_before
        finished = not self._channel.cancelled
        realism, found, arrays = self._finish() if finished else self._interrupted()
        # Not the weights of the best score so far: before other seeds agree, that is the luckiest one.
        weights = self._cascade.weights if finished else self._trainer.weights()
        arrays["model"] = self._model(realism, weights)
        result = {
            "finished": finished,
            "ended_at": self._ended_at,
            "notes": self._notes,
            "steps": self._trainer.steps,
            "seconds": self._trainer.seconds,
            "patches_per_second": patches / max(seconds, 1e-9),
            "device": self._channel.device,
            "realism": realism,
            "history": self._history[:: len(self._history) // _HISTORY_POINTS + 1],
            "scores": self._scorer.history,
            "evaluation": found,
        }
        self._channel.send("result", result, arrays)

    def _note(self, template: str, **values: Any) -> None:
        """Log what the report says as well."""
        self._notes.append({"template": template, "values": values})
        self._channel.log(template, **values)

    def _try_xla(self) -> None:
        self._channel.log("Trying whether XLA makes the training faster…")
        stages = [trainer.stage.name for trainer in self._trainer.trainers if trainer.try_xla()]
        self._channel.log("Stages that XLA makes faster: {stages}.", stages=", ".join(stages) or "–")

    def _is_over(self) -> bool:
        return self._channel.cancelled or self._ended_at < 1.0

    def _tell(self, progress: Progress) -> None:
        told = {
            "stage": progress.stage,
            "step": progress.step,
            "generator_loss": progress.losses["generator_loss"],
            "discriminator_loss": progress.losses["discriminator_loss"],
        }
        if not all(np.isfinite(loss) for loss in progress.losses.values()):
            raise GeoGanError(
                "The training ran away: its losses are no longer finite. Use a smaller LEARNING_RATE, or a "
                "GAMMA of 10 or more."
            )
        self._history.append(told)
        self._channel.progress(
            progress.fraction,
            patches_per_second=progress.patches_per_second,
            seconds_left=progress.seconds_left,
            **told,
        )
        self._score_when_due(progress.fraction)
        others = self._land.others()
        if others:
            self._trainer.move_to(others)
            self._channel.log("Going on with other parts of the large layers.")
        if time.monotonic() - self._saved_at >= _CHECKPOINT_EVERY_S:
            self._saved_at = time.monotonic()
            self._channel.send("checkpoint", {}, {"file": self._checkpoint()})

    def _score_when_due(self, fraction: float) -> None:
        seconds = self._trainer.seconds
        if not self._scorer.is_due(fraction, seconds):
            return
        self._cascade.load(self._trainer.weights())
        self._scorer.score(self._cascade, fraction, seconds, lambda: self._channel.cancelled)
        if self._scorer.has_stopped_improving(fraction):
            self._ended_at = fraction
            self._note(
                "The scores have not improved since {share} % of the training time, so it ends early, after "
                "{end} %.",
                share=round(100 * self._scorer.improved_at()),
                end=round(100 * fraction),
            )

    def _scored_cascade(self) -> Cascade:
        """Return the cascade that is scored, its graphs built: later no score keeps a cancel waiting."""
        statistics = [stage.statistics for stage in self._trainer.stages]
        cascade = Cascade(self._trainer.architecture, statistics, self._trainer.weights())
        self._scorer.made_land(cascade, 0, 0)
        return cascade

    def _interrupted(self) -> tuple[None, dict[str, Any], dict[str, np.ndarray]]:
        return None, {}, {"checkpoint": self._checkpoint()}

    def _finish(self) -> tuple[dict[str, Any] | None, dict[str, Any], dict[str, np.ndarray]]:
        """Settle on the weights to keep; return their scores, and what the report tells of them.

        The model is sent before, so that a cancel may end this at once.
        """
        self._channel.send("model", {}, {"file": self._model(None, self._trainer.weights())})
        self._channel.log("Comparing the model's terrain with real land…")
        with self._channel.expendable():
            self._cascade.load(self._trainer.weights())
            if self._ended_at == 1.0:  # else they were scored before it ended
                self._scorer.score(self._cascade, 1.0, self._trainer.seconds)
            end = concluded(
                self._scorer,
                self._cascade,
                self._land.learnt,
                self._fields,
                self._trainer.seconds,
                self._note,
            )
        if self._land.turn:
            self._note(
                "Copies of real land were looked for in those parts of the large layers that the training "
                "began with, not in all that it has learnt from."
            )
        self._cascade, self._refiners = end.cascade, end.refiners
        return end.realism, *evaluation_message(end.evaluation)

    def _checkpoint(self) -> np.ndarray:
        state = to_bytes({**self._trainer.progress_state(), **self._scorer.arrays()})
        return _as_array(model_file.packed(self._card(None), to_bytes(self._trainer.weights()), state))

    def _model(self, realism: dict[str, Any] | None, weights: dict[str, np.ndarray]) -> np.ndarray:
        return _as_array(model_file.packed(self._card(realism), to_bytes(weights)))

    def _card(self, realism: dict[str, Any] | None) -> model_card.ModelCard:
        fields = self._fields
        return model_card.ModelCard(
            name=str(fields["name"]),
            kind="terrain",
            pixel_size=float(fields["pixel_size"]),
            unit="m",
            value_range=self._land.value_range,
            stages=self._trainer.described_stages(),
            landscapes=list(fields["landscapes"]),
            variety=list(self._cascade.variety),
            refiners=self._refiners,
            conditions=self._land.conditions,
            provenance={
                **fields["provenance"],
                "settings": {**self._settings.__dict__},
                "preset": fields["preset"],
                "stages_kept": self._trainer.names_of_kept(),
                "held_out": self._land.described_hold_out(),
                "seconds": self._trainer.seconds,
                "epochs": fields["epochs"],
                "device": self._channel.device,
                "precision": self._placement.precision,
                "tensorflow": tf.__version__,
                "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                "fingerprint": self._start.fingerprint,
                "scores": self._scorer.history,
                "turn": self._land.turn,
            },
            realism=realism,
        )


def _as_array(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)
