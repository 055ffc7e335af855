"""DMaskingNAS: a network found by training all of a space at once, behind masks."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from stereopsis.errors import OptionError
from stereopsis.nets.arch import Architecture
from stereopsis.nets.cost import measure_cost
from stereopsis.nets.count import Cost
from stereopsis.nets.trunk import build_trunk
from stereopsis.search.budget import Budget
from stereopsis.search.check_inherited import check_inherited
from stereopsis.search.check_learning import check_learning
from stereopsis.search.derive import derive_within
from stereopsis.search.head_cost import is_right
from stereopsis.search.inherit import inherit
from stereopsis.search.relaxation import Relaxed, entropy
from stereopsis.search.space import Candidate, Space, draw
from stereopsis.search.supernet import MaskedTrunk
from stereopsis.search.task import Split, Task, finite_loss
from stereopsis.search.task_cost import TaskCost
from stereopsis.train.loop import LoopConfig, Progress, train

COUNTED = 3  # networks that are built at each resolution, to compare costs with what is counted


@dataclass(frozen=True)
class MaskingConfig:
    """Our setting.

    In the first `warmup` share of all steps only weights are trained, with all options equally
    likely; then every `every`-th step trains `theta` instead, on the other split. The temperature
    falls from the first to the last of `temperatures`. The loss is multiplied by
    1 + `pressure` |log(cost / limit)|: the cost to expect is drawn to the budget from both sides,
    since small networks learn sooner and would win whatever is allowed.
    """

    loop: LoopConfig = field(default_factory=lambda: LoopConfig(steps=3000, average=0.99))
    learning_rate: float = 2e-3
    theta_rate: float = 2e-2
    weight_decay: float = 1e-2
    warmup: float = 0.15
    every: int = 3
    temperatures: tuple[float, float] = (5.0, 0.2)
    pressure: float = 4.0
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self) -> None:
        check_learning(self.seed, (self.learning_rate, self.theta_rate))


@dataclass(frozen=True)
class Found:
    """What a search found: its cost is within the budget.

    `network` has the supernet's weights. derive() takes networks for other budgets from the
    `supernet`, too, but its choices were made at the price of this one: a search of its own finds
    better ones.
    """

    candidate: Candidate
    architecture: Architecture
    cost: Cost
    network: nn.Module
    supernet: Relaxed


def search_masked(
    task: Task,
    budget: Budget,
    costs: TaskCost,
    folder: Path,
    config: MaskingConfig = MaskingConfig(),
    progress: Progress = lambda step, figures: None,
) -> Found:
    """The best network of the task's space within the budget, by `costs`.

    `folder` keeps the run; a search that was stopped goes on there to the same result.

    Source: Wan et al., FBNetV2 (2020), section 3: masks, effective shapes, and weights and choices
    trained in turn on splits of their own, with Gumbel-softmax. The price is ours: the paper's
    knows no budget. So is the hard budget: what the choices make likeliest is made smaller until it
    fits, and what is left of the budget is spent on options that are hardly less likely.

    Raises:
        OptionError: no network of the space that was found is so small.
        DataError: the loss is not a number, the folder holds another run, or networks that are cut
            out of the supernet answer otherwise than it does.
    """
    check_inherited(task)
    torch.manual_seed(config.seed)
    space = task.space.space()
    check_possible(task, costs, budget)
    supernet = Relaxed(task.build(MaskedTrunk(task.space)), space).to(config.device)

    def objective(module: nn.Module, step: int) -> tuple[Tensor, dict[str, float]]:
        assert isinstance(module, Relaxed)
        fits_theta = trains_theta(step, config)
        module.theta.requires_grad_(fits_theta)
        module.network.requires_grad_(not fits_theta)
        hold_norms(module, fits_theta)
        generator = draws_of(config.seed, step)
        mix = module.draw(temperature(step, config), generator)
        module.trunk.weigh(mix)
        split: Split = "architecture" if fits_theta else "weights"
        loss = finite_loss(task, module.network, split, step)
        spent = costs.expected(mix, budget)
        undecided = entropy(module.probabilities())
        figures = {"loss": loss.item(), "cost": spent.item(), "undecided": undecided}
        if fits_theta:
            loss = priced(loss, price(spent, budget.limit, config))
        return loss, figures

    averaged = train(
        supernet, build_optimizer(supernet, config), objective, config.loop, folder, progress
    )
    assert isinstance(averaged, Relaxed)
    return derive(task, averaged.cpu(), costs, budget)


def derive(task: Task, supernet: Relaxed, costs: TaskCost, budget: Budget) -> Found:
    """The likeliest network within the budget, with the supernet's weights.

    Raises:
        OptionError: no network that was found is so small, or the heads cannot be counted.
    """
    probabilities = supernet.probabilities()
    space = supernet.space
    candidate = derive_within(
        space, probabilities, lambda each: costs.of(each, budget), budget.limit, budget.unit
    )
    options = space.describe(candidate)
    architecture = task.space.derive(options)
    network = task.build(build_trunk(architecture))
    inherit(network, supernet.network, options, task.example())
    cost = measure_counted(task, network, costs.exact(candidate))
    return Found(candidate, architecture, cost, network, supernet)


def check_possible(task: Task, costs: TaskCost, budget: Budget) -> None:
    """Sees to it, before any work is done, that a network of the space fits the budget.

    Raises:
        OptionError: none that was found does, or networks cannot be counted.
    """
    smallest = task.space.smallest_options()
    least = {
        choice.name: [float(option == smallest[choice.name]) for option in choice.options]
        for choice in task.space.space().choices
    }
    derive_within(
        task.space.space(), least, lambda each: costs.of(each, budget), budget.limit, budget.unit
    )
    check_counts(task, costs)


def check_counts(task: Task, costs: TaskCost) -> None:
    """Sees to it that networks of the space cost what is counted, at each of its resolutions.

    Raises:
        OptionError: one does not, or the heads do not on some number of channels.
    """
    with torch.random.fork_rng(devices=[]):  # how many networks are looked at decides no draws
        if not is_right(costs.head, task.space, task.build, task.example()):
            raise _disproportionate(task)
    space, rng = task.space.space(), np.random.default_rng(0)
    for candidate in [draw(space, rng) for _ in range(COUNTED)]:
        for each in _at_all_resolutions(space, candidate):
            network = task.build(build_trunk(task.space.derive(space.describe(each))))
            measure_counted(task, network, costs.exact(each))


def measure_counted(task: Task, network: nn.Module, counted: Cost) -> Cost:
    """What the network costs as measured, which is what was counted.

    Raises:
        OptionError: it is not.
    """
    cost = measure_cost(network.eval(), *task.example())
    if cost != counted:
        raise _disproportionate(task)
    return cost


def _disproportionate(task: Task) -> OptionError:
    return OptionError(
        f"The heads of {task.name} do not cost in proportion to the trunk's channels, so that no "
        "budget can be kept.",
        "Build them of layers on top of the trunk's features, whatever these are.",
    )


def _at_all_resolutions(space: Space, candidate: Candidate) -> list[Candidate]:
    """The candidate at each resolution of the space; itself if there is one or none."""
    names = [choice.name for choice in space.choices]
    if "resolution" not in names:
        return [candidate]
    i = names.index("resolution")
    return [(*candidate[:i], side, *candidate[i + 1 :]) for side in range(space.sizes[i])]


def draws_of(seed: int, step: int) -> torch.Generator:
    """The draws of a step, which those of no other step of any seed repeat."""
    (state,) = np.random.SeedSequence((seed, step)).generate_state(1, np.uint64)
    return torch.Generator().manual_seed(int(state))


def hold_norms(module: nn.Module, held: bool) -> None:
    """Lets batch norms learn the statistics of what they see, or not while it fits the choices."""
    for norm in module.modules():
        if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            norm.track_running_stats = not held and norm.running_mean is not None


def trains_theta(step: int, config: MaskingConfig) -> bool:
    """Whether a step trains the choices and not the weights."""
    return step >= config.warmup * config.loop.steps and step % config.every == config.every - 1


def temperature(step: int, config: MaskingConfig) -> float:
    """The temperature of the draws: it falls by the same factor in every step after the warm-up."""
    first, last = config.temperatures
    begin = config.warmup * config.loop.steps
    share = max(0.0, (step - begin) / max(1.0, config.loop.steps - begin))
    return float(first * (last / first) ** share)


def price(spent: Tensor, limit: float, config: MaskingConfig) -> Tensor:
    """What the loss is multiplied by for a cost: 1 at the limit, more on either side."""
    return 1 + config.pressure * (spent / limit).log().abs()


def priced(loss: Tensor, by: Tensor) -> Tensor:
    """The loss times its price. Its gradient makes what is dearer worse, whatever the loss's sign.

    Of a negative loss, as a likelihood may give, the product alone would reward what misses the
    budget.
    """
    return loss * by.detach() + loss.detach().abs() * (by - by.detach())


def build_optimizer(supernet: Relaxed, config: MaskingConfig) -> torch.optim.Optimizer:
    """AdamW for both; what has no gradient in a step stays as it is."""
    weights = list(supernet.network.parameters())
    return torch.optim.AdamW(
        [
            {"params": weights, "lr": config.learning_rate, "weight_decay": config.weight_decay},
            {"params": [supernet.theta], "lr": config.theta_rate, "weight_decay": 0.0},
        ]
    )
