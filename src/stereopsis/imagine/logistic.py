"""Logistic regression on features, both labels weighing the same."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64

STEPS = 30  # of Newton's method, which needs about ten


@dataclass(frozen=True)
class Logistic:
    """The probability that something is of the first kind, from its features."""

    mean: Float64[np.ndarray, " d"]
    weight: Float64[np.ndarray, " d"]
    bias: float

    def score(self, features: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, " n"]:
        """From 0 to 1."""
        steps = (features - self.mean) @ self.weight + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(steps, -50, 50))))


def fit_logistic(
    features: Float[np.ndarray, "n d"], good: Bool[np.ndarray, " n"], ridge: float
) -> Logistic:
    """What fits the labels best under the penalty `ridge`; both occur among them.

    Both labels weigh the same in all, however few there are of one.
    """
    mean = features.mean(0).astype(np.float64)
    inputs = np.column_stack([features - mean, np.ones(len(features))])
    share = good.mean()
    balance = np.where(good, 0.5 / share, 0.5 / (1 - share))
    penalty = np.full(inputs.shape[1], ridge)
    penalty[-1] = 1e-9  # the bias is free
    solution = _newton(inputs, good.astype(float), balance, penalty)
    return Logistic(mean, solution[:-1], float(solution[-1]))


def _newton(
    inputs: np.ndarray, labels: np.ndarray, balance: np.ndarray, penalty: np.ndarray
) -> np.ndarray:
    """The minimum of the penalised logistic loss, a step halved as long as it overshoots."""

    def loss(solution: np.ndarray) -> float:
        steps = inputs @ solution
        each = np.logaddexp(0, steps) - labels * steps
        return float(balance @ each + 0.5 * penalty @ solution**2)

    solution = np.zeros(inputs.shape[1])
    for _ in range(STEPS):
        share = 1 / (1 + np.exp(-np.clip(inputs @ solution, -50, 50)))
        slope = inputs.T @ (balance * (share - labels)) + penalty * solution
        weights = balance * np.maximum(share * (1 - share), 1e-9)
        bend = (inputs * weights[:, None]).T @ inputs + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        while loss(solution - step) > loss(solution) and np.abs(step).max() > 1e-12:
            step = step / 2
        solution = solution - step
        if np.abs(step).max() < 1e-8:
            break
    return solution
