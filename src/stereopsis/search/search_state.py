"""What a search over topologies has come to: its weights, its distributions, its checkpoints."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from stereopsis.errors import DataError, OptionError
from stereopsis.nets.parallel import ParallelNet
from stereopsis.search.check_learning import check_learning
from stereopsis.search.multitask import ProxyTask
from stereopsis.search.proxy import ProxySet
from stereopsis.train.checkpoint import save_whole
from stereopsis.train.loop import LoopConfig, schedule

CHECKPOINT = "search.pt"


@dataclass(frozen=True)
class SearchConfig:
    """How long a search is and how it learns.

    Distributions stand still for the first `patience` steps, in which the weights alone learn.
    `draws` topologies are then compared on one batch per step. A loss of `overspending` is added
    for a topology of twice the budget. `most_log_weight` cuts importance weights, which biases.
    """

    steps: int = 800
    batch: int = 16
    draws: int = 8
    patience: int = 200
    weights_rate: float = 1e-2
    topology_rate: float = 0.05
    overspending: float = 0.5
    most_log_weight: float = float("inf")
    furthest_logit: float = 3.0
    save_every: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        # At a topology rate of 0 the distributions stand still, as where steps are timed.
        check_learning(self.seed, (self.weights_rate, self.topology_rate or self.weights_rate))
        if self.draws < 2:
            raise OptionError(
                "A topology is judged against the others of its step.", "Draw 2 or more."
            )
        if not 0 <= self.patience < self.steps or min(self.batch, self.save_every) < 1:
            raise OptionError(
                "A search needs more steps than patience, and frames in a batch.", "Raise them."
            )


class SearchState:
    """What a search has come to: its step, weights, distributions and both optimizers.

    It is taken up again only by a search of the same space, tasks, budgets, frames and setting.
    """

    def __init__(
        self,
        supernet: ParallelNet,
        tasks: Sequence[ProxyTask],
        proxy: ProxySet,
        config: SearchConfig,
    ) -> None:
        self.step, self.supernet, self.config = 0, supernet, config
        asked = [(task.name, task.head, task.budget, task.unit) for task in tasks]
        self._search = repr((config, supernet.trunk.space, asked, proxy.sha256))
        parts = len(supernet.trunk.space.choices())
        self._logits = nn.Parameter(torch.zeros(len(tasks), parts, dtype=torch.float64))
        self._weights_optimizer = torch.optim.AdamW(supernet.parameters(), config.weights_rate)
        self._topology_optimizer = torch.optim.Adam([self._logits], config.topology_rate)

    @property
    def logits(self) -> Float[np.ndarray, "tasks parts"]:
        """The logits of each part's probability to be on, for each task."""
        return self._logits.detach().numpy().copy()

    def set_rate(self, step: int) -> None:
        """The weights' learning rate at this step."""
        share = schedule(step, LoopConfig(steps=self.config.steps, warmup=20))
        for group in self._weights_optimizer.param_groups:
            group["lr"] = self.config.weights_rate * share

    def learn_weights(self, loss: Tensor) -> None:
        """A step of the weights down their gradient; parts that took no part stay as they are."""
        self._weights_optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.supernet.parameters(), 1.0)
        self._weights_optimizer.step()

    def learn_topologies(self, gradient: Float[np.ndarray, "tasks parts"]) -> None:
        """A step of the distributions; a part that became certain would never be tried again."""
        self._logits.grad = torch.from_numpy(gradient)
        self._topology_optimizer.step()
        furthest = self.config.furthest_logit
        with torch.no_grad():
            self._logits.clamp_(-furthest, furthest)

    def save(self, folder: Path | None) -> None:
        """Writes all of it, whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            "search": self._search,
            "step": self.step,
            "supernet": self.supernet.state_dict(),
            "logits": self._logits.detach(),
            "weights_optimizer": self._weights_optimizer.state_dict(),
            "topology_optimizer": self._topology_optimizer.state_dict(),
        }
        save_whole(state, folder / CHECKPOINT)

    def resume(self, folder: Path | None) -> None:
        """Takes up what was saved in the folder, if anything was.

        Raises:
            DataError: it is damaged, or of another search.
        """
        if folder is None or not (folder / CHECKPOINT).exists():
            return
        try:
            saved = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
            if saved["search"] != self._search:
                raise ValueError("other options")
            self.supernet.load_state_dict(saved["supernet"])
            with torch.no_grad():
                self._logits.copy_(saved["logits"])
            self._weights_optimizer.load_state_dict(saved["weights_optimizer"])
            self._topology_optimizer.load_state_dict(saved["topology_optimizer"])
            self.step = int(saved["step"])
        except Exception as error:  # a cut zip, a pickle, missing keys, shapes: each raises its own
            raise DataError(
                f"{folder / CHECKPOINT} does not hold this search.",
                "Use another folder for a new search.",
            ) from error
