# SPDX-License-Identifier: GPL-3.0-or-later
"""What a training begins from: nothing, a base model, the layout of one, or where it had got to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Callable

from ...errors import GeoGanError
from .. import model_card, model_file
from ..described import statistics_of
from ..weights import from_bytes
from .base_model import BaseModel
from .cascade_training import CascadeTrainer, fingerprint
from .planning import planned_cascade

if TYPE_CHECKING:
    from ...worker.channel import Channel
    from ...worker.protocol import Message
    from .scoring import Scorer
    from .settings import TrainingSettings
    from .training_land import TrainingLand


class TrainingStart:
    """What the request of a training has it begin from. Makes its trainer."""

    def __init__(self, request: Message, channel: Channel, note: Callable[..., None]) -> None:
        """Read the base model of a request, if it has one.

        Args:
            request: with the arrays and fields that `training_job.train` names.
            note: is given what the report should say as well, a template and its values.

        Raises:
            GeoGanError: the base model is damaged, or has other guiding layers.
        """
        self._fields, self._arrays = request.fields, request.arrays
        self._channel, self._note = channel, note
        base = self._model_in("base_model")
        self._base = base and base.told_of(request.fields.get("conditions", []))
        self.fingerprint = ""  # of all that a training that goes on from this one must have in common with it

    @property
    def conditions(self) -> Sequence[model_card.Condition]:
        """The guiding layers that the base model was trained with; none where it had none."""
        return self._base.conditions if self._base else ()

    def trainer(
        self,
        land: TrainingLand,
        settings: TrainingSettings,
        precision: str,
        scorer: Scorer,
        budget_s: float | None,
    ) -> CascadeTrainer:
        """Return the trainer of a land, and set the fingerprint.

        Args:
            precision: of convolutions (see `Placement`).
            scorer: is given the scores of the checkpoint, if this one goes on from it.
            budget_s: of the training, where only its time ends it.
        """
        areas, content = land.learnt, bytes(self._arrays.get("base_model", b""))
        if self._base:
            architecture = self._base.architecture
        else:
            preset, patch = self._fields["preset"], int(self._fields["patch_size"])
            architecture = planned_cascade(areas, preset, patch, self._note)
            architecture = architecture.with_conditions(len(land.conditions))
            forms = self._model_in("forms")
            self._base = forms and forms.as_layout_of(architecture, areas)
            if self._base:
                architecture, content = self._base.architecture, bytes(self._arrays["forms"])
        self.fingerprint = fingerprint(areas, settings, architecture, content)
        checkpoint = self._checkpoint()
        statistics = statistics_of(checkpoint[0]) if checkpoint else None
        trainer = CascadeTrainer(architecture, areas, settings, statistics, self._base, precision)
        if checkpoint:
            self._go_on(trainer, scorer, budget_s, *checkpoint)
            land.go_on_from(int(checkpoint[0].provenance.get("turn", 0)))
        self._tell_what_is_kept(trainer)
        return trainer

    def _model_in(self, name: str) -> BaseModel | None:
        return BaseModel.from_bytes(bytes(self._arrays[name])) if name in self._arrays else None

    def _checkpoint(self) -> tuple[model_card.ModelCard, bytes] | None:
        """Return the card and the file to go on from, None where there is none of this training."""
        if "checkpoint" not in self._arrays:
            return None
        content = bytes(self._arrays["checkpoint"])
        try:
            card = model_file.read_card(content)
        except GeoGanError:  # of another GeoGAN, or torn by a power cut
            self._channel.log("The checkpoint cannot be read: the training starts anew.", "warning")
            return None
        if card.provenance.get("fingerprint") == self.fingerprint:
            return card, content
        self._channel.log(
            "The checkpoint belongs to other layers or settings: the training starts anew.", "warning"
        )
        return None

    def _go_on(
        self,
        trainer: CascadeTrainer,
        scorer: Scorer,
        budget_s: float | None,
        card: model_card.ModelCard,
        content: bytes,
    ) -> None:
        """Bring trainer and scorer to where a checkpoint was."""
        weights = from_bytes(model_file.read_member(content, model_file.WEIGHTS))
        state = from_bytes(model_file.read_member(content, model_file.TRAINING))
        for stage, of_card in zip(trainer.stages, card.stages):
            if stage in trainer.trainers:
                stage.go_on_from(weights, state, int(of_card["steps"]))
        trainer.seconds = float(card.provenance["seconds"])
        before, now = card.provenance.get("epochs"), self._fields["epochs"]
        share = float(before) / float(now) if before and now else 1.0
        scorer.go_on_from(state, card.provenance.get("scores", []), budget_s, share)
        self._channel.log(
            "Going on from the checkpoint: {steps} steps, {minutes} minutes done.",
            steps=trainer.steps,
            minutes=f"{trainer.seconds / 60.0:.1f}",
        )

    def _tell_what_is_kept(self, trainer: CascadeTrainer) -> None:
        if self._base and self._base.is_layout_only:
            self._note(
                "The layers are too small to learn large forms from nothing: these begin as those of the "
                "bundled model, and become more like your layers'."
            )
        elif len(trainer.trainers) < len(trainer.stages):
            self._note(
                "The layers are small: only the stages {learnt} are learnt from them. The others are those "
                "of the base model, brought to the heights of your layers.",
                learnt=", ".join(stage.stage.name for stage in trainer.trainers),
            )
            if trainer.architecture.conditions:
                self._note(
                    "Only what is learnt can follow the guiding layers: the large forms do not. If they "
                    "should, give larger layers, or no base model."
                )
