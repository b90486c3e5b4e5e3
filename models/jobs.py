# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of the worker: requests in, messages out. All that QGIS asks of `models/` comes through here."""

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
from .cascade import BLOCK_PX, Cascade
from .planning import planned_cascade
from .stage_training import TrainingSettings
from .statistics import FieldStatistics
from .training import Budget, CascadeTrainer, Progress, fingerprint
from .weights import from_bytes, to_bytes

if TYPE_CHECKING:
    from ..worker.channel import Channel
    from ..worker.protocol import Message

_CHECKPOINT_EVERY_S = 45.0
_DEVICES = {"cpu": "/CPU:0", "gpu": "/GPU:0"}


def train(request: Message, channel: Channel) -> None:
    """Train a model on the areas of the request; a cancelled training gives the model so far.

    Request arrays: `area0`, `area1`, ... float32 (rows, cols), NaN where void; optionally `base_model` and
    `checkpoint`, the bytes of model files. Fields: see `_settings` and `_card`.
    """
    with tf.device(_DEVICES[channel.device]):
        job = _TrainingJob(request, channel)
        job.run()


class _TrainingJob:
    """One training: what it was asked for, its trainer, and the files that it makes."""

    def __init__(self, request: Message, channel: Channel) -> None:
        self._fields, self._channel = request.fields, channel
        self._areas = _areas(request.arrays)
        self._settings = _settings(request.fields)
        self._budget = Budget(float(request.fields["minutes"]) * 60.0, request.fields.get("epochs"))
        self._trainer = self._prepared(request.arrays)
        self._told_at = self._saved_at = time.monotonic()

    def run(self) -> None:
        steps_before, seconds_before = self._steps(), self._trainer.seconds
        self._trainer.train(self._budget, lambda: self._channel.cancelled, self._tell)
        steps, seconds = self._steps() - steps_before, self._trainer.seconds - seconds_before
        finished = not self._channel.cancelled
        self._channel.send(
            "result",
            {
                "finished": finished,
                "steps": self._steps(),
                "seconds": self._trainer.seconds,
                "patches_per_second": steps * self._settings.batch_size / max(seconds, 1e-9),
            },
            {"model": _as_array(self._packed()), **({} if finished else {"checkpoint": self._checkpoint()})},
        )

    def _prepared(self, arrays: Mapping[str, np.ndarray]) -> CascadeTrainer:
        checkpoint = bytes(arrays["checkpoint"]) if "checkpoint" in arrays else None
        base = bytes(arrays["base_model"]) if "base_model" in arrays else None
        if base:
            architecture = _architecture(model_file.read_card(base))
        else:
            fields = self._fields
            architecture = planned_cascade(
                self._areas, fields["preset"], int(fields["patch_size"]), self._channel.log
            )
        self._fingerprint = fingerprint(self._areas, self._settings, architecture)
        if checkpoint:
            card = model_file.read_card(checkpoint)
            if card.provenance.get("fingerprint") == self._fingerprint:
                return self._resumed(checkpoint, card, architecture)
            self._channel.log(
                "The checkpoint belongs to other layers or settings: the training starts anew.", "warning"
            )
        trainer = CascadeTrainer(architecture, self._areas, self._settings)
        if base:
            weights = from_bytes(model_file.read_member(base, model_file.WEIGHTS))
            for stage in trainer.trainers:
                stage.start_from(weights)
        return trainer

    def _resumed(
        self, checkpoint: bytes, card: model_file.ModelCard, architecture: CascadeArchitecture
    ) -> CascadeTrainer:
        trainer = CascadeTrainer(architecture, self._areas, self._settings, _statistics(card))
        weights = from_bytes(model_file.read_member(checkpoint, model_file.WEIGHTS))
        state = from_bytes(model_file.read_member(checkpoint, model_file.TRAINING))
        for stage, described in zip(trainer.trainers, card.stages):
            stage.go_on_from(weights, state, int(described["steps"]))
        trainer.seconds = float(card.provenance["seconds"])
        self._channel.log(
            "Going on from the checkpoint: {steps} steps, {minutes:.1f} minutes done.",
            steps=card.steps,
            minutes=trainer.seconds / 60.0,
        )
        return trainer

    def _tell(self, progress: Progress) -> None:
        self._channel.progress(
            progress.fraction,
            stage=progress.stage,
            step=progress.step,
            generator_loss=progress.losses["generator_loss"],
            discriminator_loss=progress.losses["discriminator_loss"],
            patches_per_second=progress.patches_per_second,
            seconds_left=progress.seconds_left,
        )
        if not all(np.isfinite(loss) for loss in progress.losses.values()):
            raise GeoGanError(
                "The training ran away: its losses are no longer finite. Use a smaller LEARNING_RATE or a "
                "larger GAMMA; the last checkpoint is kept."
            )
        if time.monotonic() - self._saved_at >= _CHECKPOINT_EVERY_S:
            self._saved_at = time.monotonic()
            self._channel.send("checkpoint", {"seconds": self._trainer.seconds}, {"file": self._checkpoint()})

    def _steps(self) -> int:
        return sum(trainer.steps for trainer in self._trainer.trainers)

    def _checkpoint(self) -> np.ndarray:
        return _as_array(self._packed(to_bytes(self._trainer.progress_state())))

    def _packed(self, training: bytes | None = None) -> bytes:
        return model_file.packed(self._card(), to_bytes(self._trainer.weights()), training)

    def _card(self) -> model_file.ModelCard:
        fields = self._fields
        lows, highs = zip(*((float(np.nanmin(area)), float(np.nanmax(area))) for area in self._areas))
        return model_file.ModelCard(
            name=str(fields["name"]),
            kind="terrain",
            pixel_size=float(fields["pixel_size"]),
            unit="m",
            value_range=(min(lows), max(highs)),
            stages=self._trainer.described_stages(),
            provenance={
                **fields.get("provenance", {}),
                "settings": {**self._settings.__dict__},
                "preset": fields["preset"],
                "seconds": self._trainer.seconds,
                "device": self._channel.device,
                "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                "fingerprint": self._fingerprint,
            },
        )


def generate(request: Message, channel: Channel) -> None:
    """Generate blocks of a model's world.

    Request arrays: `model`, the bytes of a model file, and `pieces`, int64 (n, 4): row, col, height, width
    of what is wanted, in the order wanted; each piece lies within one canonical block. Field: `seed`.
    Sends one `block` a piece.
    """
    model = bytes(request.arrays["model"])
    pieces = np.asarray(request.arrays["pieces"], np.int64)
    seed = int(request.fields["seed"])
    start = time.monotonic()
    with tf.device(_DEVICES[channel.device]):
        cascade = _cascade(model)
        for done, (row, col, height, width) in enumerate(pieces.tolist(), start=1):
            channel.check_cancelled()
            block_row, block_col = row // BLOCK_PX * BLOCK_PX, col // BLOCK_PX * BLOCK_PX
            block = cascade.block(seed, block_row, block_col)
            top, left = row - block_row, col - block_col
            values = np.ascontiguousarray(block[top : top + height, left : left + width])
            channel.send("block", {"row": row, "col": col}, {"values": values})
            channel.progress(done / len(pieces))
    channel.send("result", {"seconds": time.monotonic() - start, "device": channel.device})


def _cascade(model: bytes) -> Cascade:
    """Return the cascade of a model; the last one is kept, since the next request is mostly for the same."""
    checksum = model_file.sha256_of(model)
    if checksum not in _warm:
        card = model_file.read_card(model)
        weights = from_bytes(model_file.read_member(model, model_file.WEIGHTS))
        cascade = Cascade(_architecture(card), _statistics(card), weights)
        _warm.clear()
        _warm[checksum] = cascade
    return _warm[checksum]


_warm: dict[str, Cascade] = {}


def _architecture(card: model_file.ModelCard) -> CascadeArchitecture:
    try:
        return CascadeArchitecture.from_json([stage["architecture"] for stage in card.stages])
    except KeyError as error:
        raise GeoGanError("The model file's description of its networks is damaged.") from error


def _statistics(card: model_file.ModelCard) -> list[FieldStatistics]:
    try:
        return [FieldStatistics.from_json(stage["statistics"]) for stage in card.stages]
    except KeyError as error:
        raise GeoGanError("The model file's statistics are damaged.") from error


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


def _as_array(content: bytes) -> np.ndarray:
    return np.frombuffer(content, np.uint8)


HANDLERS = {"train": train, "generate": generate}
