"""JointNAS: architectures and recipes searched together, with a predictor learnt on the way."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from scipy.stats import spearmanr

from stereopsis.errors import DataError
from stereopsis.search.evolve import EvolveConfig, Ranked, evolve
from stereopsis.search.predictor import Predictor, PredictorConfig, fit, pretrain
from stereopsis.search.region import Region
from stereopsis.search.space import Candidate, spread

Curve = Sequence[float]  # the score after each epoch, larger is better
Evaluate = Callable[[Sequence[Candidate], int | None], Sequence[Curve | None]]
Count = Callable[[Sequence[Candidate]], Float[np.ndarray, "n k"]]


@dataclass(frozen=True)
class JointConfig:
    """Sizes of the search. The correlation is the paper's; all the others are ours.

    Of fewer than `curves` trainings to the end no ranking is judged, and none is stopped early.
    """

    pool: int = 20_000  # quasi-random candidates, for pre-training and to choose batches from
    batches: int = 4
    batch: int = 48
    curves: int = 8
    correlation: float = 0.92  # of the ranking at the epoch of early stopping with the final one
    finalists: int = 8  # of the evolved, trained to the end
    curiosity: float = 0.5  # deviations of the networks' votes by which a batch favours the unsure
    predictor: PredictorConfig = field(default_factory=PredictorConfig)
    evolution: EvolveConfig = field(default_factory=EvolveConfig)


@dataclass(frozen=True)
class Evaluated:
    """A candidate and its scores; `whole` if it was trained to the end.

    The scores of a training that `failed` are the worst known, which the predictor learns.
    """

    candidate: Candidate
    curve: tuple[float, ...]
    whole: bool
    failed: bool = False


@dataclass(frozen=True)
class JointResult:
    """What a search found, and what it needs to be used again under another limit.

    `best` is the best of those that were trained to the end. `stop_epoch` is where the others
    stopped.
    """

    best: Evaluated
    evaluated: tuple[Evaluated, ...]
    stop_epoch: int
    predictor: Predictor
    ranked: tuple[Ranked, ...]
    config: JointConfig


def joint_search(
    region: Region,
    count: Count,
    evaluate: Evaluate,
    seed: int = 0,
    config: JointConfig | None = None,
    first: Sequence[Candidate] = (),
) -> JointResult:
    """The best candidate found in the region, and the predictor that found it.

    `count` gives the free statistics of candidates; see predictor.pretrain(). The first batch
    begins with the candidates `first`, of the region and canonical. `evaluate` trains
    candidates for that many epochs, or to the end for None, and returns the score after each epoch,
    or None for a training that failed, as one that diverged.
    Its calls depend on the seed and on the scores alone: one that keeps what it has trained, and
    gives it again when asked again, makes a search that was stopped go on where it was.
    It is only called with candidates that keep the limits, and never twice for the same epochs.

    Source: Dai et al., FBNetV3: Joint Architecture-Recipe Search using Predictor Pretraining (CVPR
    2021), JointNAS in section 3. Different here: the first batch is spread over the space,
    since no score is known; later ones favour what the networks disagree about; and the evolved
    finalists are trained to the end, and judged by that.

    Raises:
        OptionError: a limit is impossible.
        DataError: a score is no finite number, or an evaluation returned too few.
    """
    config = config or JointConfig()
    rng = np.random.default_rng(seed)
    pool = _draw_pool(region, config, rng, seed)
    pretrained = pretrain(region.space, pool, count(pool), seed, config.predictor)

    offered = region.within(pool)
    batch = _fill(list(dict.fromkeys([*first, *offered])), config.batch, region, rng)
    evaluated = _evaluate(evaluate, batch, None)
    stop_epoch = len(evaluated[0].curve)
    real = [each.curve for each in evaluated if not each.failed]  # the others all have one
    if len(real) >= config.curves:
        stop_epoch = early_stop_epoch(real, config.correlation)
    epochs = stop_epoch if stop_epoch < len(evaluated[0].curve) else None
    predictor = _refit(pretrained, evaluated, stop_epoch)
    for _ in range(1, config.batches):
        known = {each.candidate for each in evaluated}
        batch = _most_promising(offered, predictor, known, config.curiosity)
        batch = _fill(batch, config.batch, region, rng, known)
        evaluated = evaluated + _evaluate(evaluate, batch, epochs, evaluated)
        predictor = _refit(pretrained, evaluated, stop_epoch)

    trained = _ranked(evaluated, stop_epoch)
    ranked = evolve(region, predictor.predict, trained, rng, config.evolution)
    whole = {each.candidate for each in evaluated if each.whole}
    offered += [each.candidate for each in ranked]
    finalists = _most_promising(offered, predictor, whole, 0)[: config.finalists]
    evaluated = evaluated + _evaluate(evaluate, finalists, None, evaluated)
    best = best_first(evaluated)[0]
    return JointResult(best, evaluated, stop_epoch, predictor, tuple(ranked), config)


def search_again(result: JointResult, region: Region, seed: int = 0) -> list[Ranked]:
    """Candidates of another region of the same space, best first, without training anything.

    The predictor is reused: a search under another limit takes seconds to minutes of a CPU.

    Raises:
        OptionError: the limit is impossible.
    """
    trained = _ranked(result.evaluated, result.stop_epoch)
    rng = np.random.default_rng(seed)
    return evolve(region, result.predictor.predict, trained, rng, result.config.evolution)


def early_stop_epoch(curves: Sequence[Curve], correlation: float = 0.92) -> int:
    """The first epoch, from 1, whose ranking of the curves agrees with that of the last epoch.

    Agreement is Spearman's rank correlation; FBNetV3 asks for 0.92.
    """
    scores = np.array(curves)
    for epoch in range(1, scores.shape[1]):
        if np.ptp(scores[:, epoch - 1]) > 0 and np.ptp(scores[:, -1]) > 0:
            agreement = spearmanr(scores[:, epoch - 1], scores[:, -1]).statistic
            if agreement >= correlation:
                return epoch
    return int(scores.shape[1])


def best_first(evaluated: Sequence[Evaluated]) -> list[Evaluated]:
    """Those that were trained to the end without failing, by falling score."""
    whole = [each for each in evaluated if each.whole and not each.failed]
    return sorted(whole, key=lambda each: -each.curve[-1])


def _draw_pool(
    region: Region, config: JointConfig, rng: np.random.Generator, seed: int
) -> list[Candidate]:
    """Candidates of the space, feasible or not, without repeats: all are counted for free."""
    if region.pool is None:
        return list(dict.fromkeys(map(region.canonical, spread(region.space, config.pool, seed))))
    order = rng.permutation(len(region.pool))[: config.pool]
    return [region.pool[row] for row in order]


def _most_promising(
    offered: Sequence[Candidate], predictor: Predictor, known: Set[Candidate], curiosity: float
) -> list[Candidate]:
    """Those offered that are not known, by falling prediction."""
    left = [each for each in dict.fromkeys(offered) if each not in known]
    if not left:
        return []
    votes = predictor.votes(left)
    order = np.argsort(-(votes.mean(0) + curiosity * votes.std(0)), kind="stable")
    return [left[row] for row in order]


def _fill(
    batch: Sequence[Candidate],
    size: int,
    region: Region,
    rng: np.random.Generator,
    known: Set[Candidate] = frozenset(),
) -> list[Candidate]:
    """The first of the batch; with random ones of the region, where the pool holds too few."""
    filled = list(batch[:size])
    while len(filled) < size:
        filled.append(region.draw(rng, known | set(filled)))
    return filled


def _evaluate(
    evaluate: Evaluate,
    batch: Sequence[Candidate],
    epochs: int | None,
    before: Sequence[Evaluated] = (),
) -> tuple[Evaluated, ...]:
    """The batch with its scores; those of a training that failed are the worst ever at an epoch."""
    if not batch:
        return ()
    answers = evaluate(batch, epochs)
    curves = [tuple(float(score) for score in curve) for curve in answers if curve is not None]
    known = curves + [each.curve for each in before if not each.failed]
    whole = max([1, *map(len, known)])
    lengths = sorted({len(curve) for curve in curves})
    if len(answers) != len(batch) or not known or {*lengths} - {epochs or whole}:
        raise DataError(
            f"{len(batch)} candidates were to be trained for {epochs or 'all'} epochs, and "
            f"{len(curves)} curves of {lengths} epochs came back.",
            "Return one curve for each candidate, all of the same length.",
        )
    if not np.isfinite(np.concatenate(curves or [()])).all():
        raise DataError("A score is no finite number.", "Return None for a training that diverged.")
    worst = [min(curve[min(e, len(curve) - 1)] for curve in known) for e in range(epochs or whole)]
    return tuple(
        Evaluated(
            candidate, tuple(worst if curve is None else curve), epochs is None, curve is None
        )
        for candidate, curve in zip(batch, answers, strict=True)
    )


def _refit(pretrained: Predictor, evaluated: Sequence[Evaluated], stop_epoch: int) -> Predictor:
    """Learns all scores at the one epoch that all have reached, from the pre-trained state."""
    scores = np.array([each.curve[stop_epoch - 1] for each in evaluated])
    return fit(pretrained, [each.candidate for each in evaluated], scores)


def _ranked(evaluated: Sequence[Evaluated], stop_epoch: int) -> list[Candidate]:
    ranked = sorted(evaluated, key=lambda each: -each.curve[stop_epoch - 1])
    return list(dict.fromkeys(each.candidate for each in ranked))
