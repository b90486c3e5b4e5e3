# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's job `train`: areas in, progress and checkpoints on the way, a scored model out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

from ..errors import GeoGanError
from ..realism.source_precision import guessed_precision
from ..realism.texture import texture_score
from . import model_file
from .architecture import CascadeArchitecture
from .cascade import BLOCK_PX, Cascade
from .generation_job import DEVICES, architecture_of, statistics_of
from .hold_out import split_by_place
from .planning import planned_cascade
from .stage_training import TrainingSettings
from .training import Budget, CascadeTrainer, Progress, fingerprint
from .weights import from_bytes, to_bytes

if TYPE_CHECKING:
    from ..worker.channel import Channel
    from ..worker.protocol import Message

_CHECKPOINT_EVERY_S = 45.0
_SCORED_SEEDS = (0, 1, 2)  # one block of each is measured
_HISTORY_POINTS = 400  # of the loss curves in the report


def train(request: Message, channel: Channel) -> None:
    """Train a model; a cancelled training gives the model so far, and a checkpoint to go on from.

    Request arrays: `area0`, `area1`, ... float32 (rows, cols), NaN where void; optionally `base_model` and
    `checkpoint`, the bytes of model files. Fields: those of `_settings` and `_card`, `minutes`, `epochs` (or
    null), `preset`, `patch_size`, `hold_out` (0 to 1).
    """
    with tf.device(DEVICES[channel.device]):
        _TrainingJob(request, channel).run()


class _TrainingJob:
    """One training: what it was asked for, its trainer, and the files that it makes."""

    def __init__(self, request: Message, channel: Channel) -> None:
        self._fields, self._channel = request.fields, channel
        self._areas, self._held_out = split_by_place(
            _areas(request.arrays), float(request.fields["hold_out"])
        )
        self._settings = _settings(request.fields)
        self._budget = Budget(float(request.fields["minutes"]) * 60.0, request.fields["epochs"])
        self._history: list[dict[str, Any]] = []
        self._saved_at = time.monotonic()
        with channel.expendable():
            channel.log("Building the networks…")
            self._trainer = self._prepared(request.arrays)
            for trainer in self._trainer.trainers:
                trainer.compile()

    def run(self) -> None:
        steps_before, seconds_before = self._steps(), self._trainer.seconds
        self._trainer.train(self._budget, lambda: self._channel.cancelled, self._tell)
        seconds = self._trainer.seconds - seconds_before
        patches = (self._steps() - steps_before) * self._settings.batch_size
        finished = not self._channel.cancelled
        blocks = self._generated() if finished else []
        realism = self._scored(blocks)
        arrays = {"model": _as_array(self._packed(realism))}
        if finished:
            arrays.update(synthetic=blocks[0], real=_middle(self._areas))
        else:
            arrays["checkpoint"] = self._checkpoint()
        result = {
            "finished": finished,
            "steps": self._steps(),
            "seconds": self._trainer.seconds,
            "patches_per_second": patches / max(seconds, 1e-9),
            "device": self._channel.device,
            "realism": realism,
            "history": self._history[:: len(self._history) // _HISTORY_POINTS + 1],
        }
        self._channel.send("result", result, arrays)

    def _prepared(self, arrays: Mapping[str, np.ndarray]) -> CascadeTrainer:
        base = bytes(arrays["base_model"]) if "base_model" in arrays else None
        architecture = self._architecture(base)
        self._fingerprint = fingerprint(self._areas, self._settings, architecture)
        if "checkpoint" in arrays:
            resumed = self._resumed(bytes(arrays["checkpoint"]), architecture)
            if resumed:
                return resumed
        trainer = CascadeTrainer(architecture, self._areas, self._settings)
        if base:
            weights = from_bytes(model_file.read_member(base, model_file.WEIGHTS))
            for stage in trainer.trainers:
                stage.start_from(weights)
        return trainer

    def _architecture(self, base: bytes | None) -> CascadeArchitecture:
        if base:
            return architecture_of(model_file.read_card(base))
        fields = self._fields
        return planned_cascade(self._areas, fields["preset"], int(fields["patch_size"]), self._channel.log)

    def _resumed(self, checkpoint: bytes, architecture: CascadeArchitecture) -> CascadeTrainer | None:
        """Return the trainer of a checkpoint as it was, or None where it belongs to another training."""
        card = model_file.read_card(checkpoint)
        if card.provenance.get("fingerprint") != self._fingerprint:
            self._channel.log(
                "The checkpoint belongs to other layers or settings: the training starts anew.", "warning"
            )
            return None
        trainer = CascadeTrainer(architecture, self._areas, self._settings, statistics_of(card))
        weights = from_bytes(model_file.read_member(checkpoint, model_file.WEIGHTS))
        state = from_bytes(model_file.read_member(checkpoint, model_file.TRAINING))
        for stage, described in zip(trainer.trainers, card.stages):
            stage.go_on_from(weights, state, int(described["steps"]))
        trainer.seconds = float(card.provenance["seconds"])
        self._channel.log(
            "Going on from the checkpoint: {steps} steps, {minutes} minutes done.",
            steps=card.steps,
            minutes=f"{trainer.seconds / 60.0:.1f}",
        )
        return trainer

    def _tell(self, progress: Progress) -> None:
        told = {
            "stage": progress.stage,
            "step": progress.step,
            "generator_loss": progress.losses["generator_loss"],
            "discriminator_loss": progress.losses["discriminator_loss"],
        }
        if not all(np.isfinite(loss) for loss in progress.losses.values()):
            raise GeoGanError(
                "The training ran away: its losses are no longer finite. Use a smaller LEARNING_RATE or a "
                "larger GAMMA."
            )
        self._history.append(told)
        self._channel.progress(
            progress.fraction,
            patches_per_second=progress.patches_per_second,
            seconds_left=progress.seconds_left,
            **told,
        )
        if time.monotonic() - self._saved_at >= _CHECKPOINT_EVERY_S:
            self._saved_at = time.monotonic()
            self._channel.send("checkpoint", {}, {"file": self._checkpoint()})

    def _generated(self) -> list[np.ndarray]:
        """Return one block of the trained model's world for each scored seed."""
        statistics = [trainer.statistics for trainer in self._trainer.trainers]
        cascade = Cascade(self._trainer.architecture, statistics, self._trainer.weights())
        return [cascade.block(seed, 0, 0) for seed in _SCORED_SEEDS]

    def _scored(self, blocks: Sequence[np.ndarray]) -> dict[str, Any] | None:
        """Return the scores against the held-out parts, or None where there is nothing to measure."""
        real = self._held_out or self._areas
        score = blocks and texture_score(
            real, blocks, float(self._fields["pixel_size"]), guessed_precision(real)
        )
        if not score:
            return None
        return {
            "texture": score.value,
            "distances": score.distances,
            "floors": score.floors,
            "held_out": bool(self._held_out),
        }

    def _steps(self) -> int:
        return sum(trainer.steps for trainer in self._trainer.trainers)

    def _checkpoint(self) -> np.ndarray:
        return _as_array(self._packed(None, to_bytes(self._trainer.progress_state())))

    def _packed(self, realism: dict[str, Any] | None, training: bytes | None = None) -> bytes:
        return model_file.packed(self._card(realism), to_bytes(self._trainer.weights()), training)

    def _card(self, realism: dict[str, Any] | None) -> model_file.ModelCard:
        fields = self._fields
        return model_file.ModelCard(
            name=str(fields["name"]),
            kind="terrain",
            pixel_size=float(fields["pixel_size"]),
            unit="m",
            value_range=(
                min(float(np.nanmin(area)) for area in self._areas),
                max(float(np.nanmax(area)) for area in self._areas),
            ),
            stages=self._trainer.described_stages(),
            provenance={
                **fields["provenance"],
                "settings": {**self._settings.__dict__},
                "preset": fields["preset"],
                "seconds": self._trainer.seconds,
                "device": self._channel.device,
                "tensorflow": tf.__version__,
                "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                "fingerprint": self._fingerprint,
            },
            realism=realism,
        )


def _areas(arrays: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    numbered = sorted((name for name in arrays if name.startswith("area")), key=lambda name: int(name[4:]))
    return [np.asarray(arrays[name], np.float32) for name in numbered]


def _settings(fields: Mapping[str, Any]) -> TrainingSettings:
    return TrainingSettings(
        batch_size=int(fields["batch_size"]),
        learning_rate=float(fields["learning_rate"]),
        gamma=float(fields["gamma"]),
        loss=str(fields["loss"]),
        seed=int(fields["seed"]),
    )


def _middle(areas: Sequence[np.ndarray]) -> np.ndarray:
    """Return the middle of the largest area, at most a block wide, to look at beside what was generated."""
    largest = max(areas, key=lambda area: area.size)
    first = [max(0, (length - BLOCK_PX) // 2) for length in largest.shape]
    return np.ascontiguousarray(largest[first[0] : first[0] + BLOCK_PX, first[1] : first[1] + BLOCK_PX])


def _as_array(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)
