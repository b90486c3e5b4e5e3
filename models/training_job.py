# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's job `train`: areas in, progress and checkpoints on the way, a scored model out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from ..errors import GeoGanError
from . import model_file
from .architecture import CascadeArchitecture
from .base_model import BaseModel
from .cascade import Cascade
from .conclusion import concluded
from .conditions import all_standardised, measured
from .evaluation_job import evaluation_message
from .generation_job import statistics_of
from .hold_out import described, split_at, split_by_place, strips_to_hold_out
from .moving_areas import MovingAreas, areas_of
from .placement import BFLOAT16, Placement, placement_of
from .planning import planned_cascade
from .scoring import Scorer, scored_seeds
from .stage_training import TrainingSettings
from .training import Budget, CascadeTrainer, Progress, fingerprint
from .weights import from_bytes, to_bytes

if TYPE_CHECKING:
    from ..worker.channel import Channel
    from ..worker.protocol import Message

_CHECKPOINT_EVERY_S = 45.0
_XLA_FROM_S = 900.0  # trainings this long: to compile takes a while
_HISTORY_POINTS = 400  # of the loss curves in the report


def train(request: Message, channel: Channel) -> None:
    """Train a model; a cancelled training gives the model so far, and a checkpoint to go on from.

    Request arrays: `area0`, `area1`, ... float32 (rows, cols), NaN where void; with guiding layers, for each
    `conditions0`, ... float32 (rows, cols, layers) without voids; optionally, the bytes of model files,
    `checkpoint` and `base_model` or else `forms`, whose layout is taken where the areas are too small to
    learn one from. Fields: those of `TrainingSettings.asked_for` and `_card`,
    `minutes`, `epochs` (or null), `preset`, `patch_size`, `hold_out` (0 to 1); `landscapes`, their names, and
    `area_landscapes`, the index of each area's; `conditions`, the names of the guiding layers, if any;
    `area_is_part`, whether each is of a layer too large to be held whole (none are, if left out);
    `area_layers`, the names of their layers; `labels`,
    the texts of the report's figures.

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
        areas, names = areas_of(request), request.fields.get("conditions", [])
        base = _model_in(request.arrays, "base_model")
        self._base = base and base.told_of(names)
        self._conditions = (self._base and self._base.conditions) or measured(names, areas)
        self._whole = all_standardised(areas, self._conditions)
        self._strips = strips_to_hold_out(self._whole, float(request.fields["hold_out"]))
        self._areas, self._held_out = split_at(self._whole, self._strips)
        self._settings = TrainingSettings.asked_for(request.fields)
        self._budget = Budget(float(request.fields["minutes"]) * 60.0, request.fields["epochs"])
        self._history: list[dict[str, Any]] = []
        self._saved_at = time.monotonic()
        self._moving = MovingAreas(request, channel)
        self._ended_at = 1.0  # of the time; less where the scores no longer improved
        self._notes: list[dict[str, Any]] = []  # see `_note`
        self._refiners: dict[int, model_file.Refiner] = {}
        with channel.expendable():
            channel.log("Measuring the layers…")
            self._scorer = Scorer(
                self._held_out,
                self._whole,
                float(request.fields["pixel_size"]),
                scored_seeds(self._budget.seconds),
            )
            channel.log("Building the networks…")
            self._trainer = self._prepared(request.arrays)
            for trainer in self._trainer.trainers:
                trainer.compile()
            if placement.tries_xla and not self._moving.has_parts and self._budget.seconds >= _XLA_FROM_S:
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
        arrays["model"] = self._model(realism)
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

    def _prepared(self, arrays: Mapping[str, np.ndarray]) -> CascadeTrainer:
        if self._base is None:
            architecture, forms = self._planned(), _model_in(arrays, "forms")
            self._base = forms and forms.as_layout_of(architecture, self._areas)
        base = self._base
        architecture = base.architecture if base else architecture
        content = bytes(arrays.get("base_model", arrays.get("forms"))) if base else b""
        self._fingerprint = fingerprint(self._areas, self._settings, architecture, content)
        resumed = None
        if "checkpoint" in arrays:
            resumed = self._resumed(bytes(arrays["checkpoint"]), architecture, base)
        trainer = resumed or CascadeTrainer(
            architecture, self._areas, self._settings, base=base, precision=self._placement.precision
        )
        if base and base.is_layout_only:
            self._note(
                "The layers are too small to learn large forms from: these are the bundled model's, brought "
                "to the heights of your layers."
            )
        elif len(trainer.trainers) < len(trainer.stages):
            self._note(
                "The layers are small: only the stages {learnt} are learnt from them. The others are those "
                "of the base model, brought to the heights of your layers.",
                learnt=", ".join(stage.stage.name for stage in trainer.trainers),
            )
        return trainer

    def _planned(self) -> CascadeArchitecture:
        fields = self._fields
        cascade = planned_cascade(self._areas, fields["preset"], int(fields["patch_size"]), self._note)
        return cascade.with_conditions(len(self._conditions))

    def _resumed(
        self, checkpoint: bytes, architecture: CascadeArchitecture, base: BaseModel | None
    ) -> CascadeTrainer | None:
        """Return the trainer of a checkpoint as it was, or None where it belongs to another training."""
        card = model_file.read_card(checkpoint)
        if card.provenance.get("fingerprint") != self._fingerprint:
            self._channel.log(
                "The checkpoint belongs to other layers or settings: the training starts anew.", "warning"
            )
            return None
        trainer = CascadeTrainer(
            architecture, self._areas, self._settings, statistics_of(card), base, self._placement.precision
        )
        weights = from_bytes(model_file.read_member(checkpoint, model_file.WEIGHTS))
        state = from_bytes(model_file.read_member(checkpoint, model_file.TRAINING))
        for stage, of_card in zip(trainer.stages, card.stages):
            if stage in trainer.trainers:
                stage.go_on_from(weights, state, int(of_card["steps"]))
        trainer.seconds = float(card.provenance["seconds"])
        budget_s = None if self._budget.epochs else self._budget.seconds
        self._scorer.go_on_from(state, card.provenance.get("scores", []), budget_s)
        self._channel.log(
            "Going on from the checkpoint: {steps} steps, {minutes} minutes done.",
            steps=trainer.steps,
            minutes=f"{trainer.seconds / 60.0:.1f}",
        )
        return trainer

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
        others = all_standardised(self._moving.others(), self._conditions)
        if others:
            self._trainer.move_to(split_by_place(others, float(self._fields["hold_out"]))[0])
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
        self._channel.send("model", {}, {"file": self._model(None)})
        self._channel.log("Comparing the model's terrain with real land…")
        with self._channel.expendable():
            self._cascade.load(self._trainer.weights())
            if self._ended_at == 1.0:  # else they were scored before it ended
                self._scorer.score(self._cascade, 1.0, self._trainer.seconds)
            end = concluded(
                self._scorer,
                self._cascade,
                self._areas,
                self._fields,
                self._trainer.seconds,
                self._note,
            )
        self._cascade, self._refiners = end.cascade, end.refiners
        return end.realism, *evaluation_message(end.evaluation)

    def _checkpoint(self) -> np.ndarray:
        state = to_bytes({**self._trainer.progress_state(), **self._scorer.arrays()})
        return _as_array(model_file.packed(self._card(None), to_bytes(self._trainer.weights()), state))

    def _model(self, realism: dict[str, Any] | None) -> np.ndarray:
        weights = self._scorer.best or self._trainer.weights()
        return _as_array(model_file.packed(self._card(realism), to_bytes(weights)))

    def _card(self, realism: dict[str, Any] | None) -> model_file.ModelCard:
        fields = self._fields
        return model_file.ModelCard(
            name=str(fields["name"]),
            kind="terrain",
            pixel_size=float(fields["pixel_size"]),
            unit="m",
            value_range=(
                min(float(np.nanmin(area.values)) for area in self._areas),
                max(float(np.nanmax(area.values)) for area in self._areas),
            ),
            stages=self._trainer.described_stages(),
            landscapes=list(fields["landscapes"]),
            variety=list(self._cascade.variety),
            refiners=self._refiners,
            conditions=self._conditions,
            provenance={
                **fields["provenance"],
                "settings": {**self._settings.__dict__},
                "preset": fields["preset"],
                "stages_kept": self._trainer.names_of_kept(),
                "layout_pixels": self._trainer.layout_pixels,
                "held_out": described(self._strips, fields.get("area_layers", []), self._moving.are_parts),
                "seconds": self._trainer.seconds,
                "device": self._channel.device,
                "precision": self._placement.precision,
                "tensorflow": tf.__version__,
                "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                "fingerprint": self._fingerprint,
                "scores": self._scorer.history,
            },
            realism=realism,
        )


def _model_in(arrays: Mapping[str, np.ndarray], name: str) -> BaseModel | None:
    return BaseModel.from_bytes(bytes(arrays[name])) if name in arrays else None


def _as_array(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)
