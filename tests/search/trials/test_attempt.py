import pytest

from stereopsis.search.trials.attempt import make_attempt
from stereopsis.search.trials.trial import Curve, Outcome, make_trial
from tests.search.trials.objectives import learn, misbehave, square


def go_on(curve: Curve) -> bool:
    return False


def attempt_how(how: str) -> Outcome:
    return make_attempt(misbehave, make_trial({"how": how}), go_on)


def test_takes_score_and_costs_apart() -> None:
    outcome = make_attempt(square, make_trial({"x": 1}), go_on)
    assert (outcome.score, outcome.costs, outcome.error) == (-4, {"madds": 11}, None)
    assert outcome.seconds > 0
    assert attempt_how("fine").score == 1


def test_reports_the_whole_curve_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    noted: list[Curve] = []
    outcome = make_attempt(
        learn, make_trial({"rate": 0.5}), lambda curve: bool(noted.append(curve))
    )
    assert noted == [(0.5,), (0.5, 1.0), (0.5, 1.0, 1.5)]
    assert outcome.curve == noted[-1]


def test_tells_the_objective_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    outcome = make_attempt(learn, make_trial({"rate": 0.5}), lambda curve: len(curve) == 2)
    assert outcome.curve == (0.5, 1.0)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("raise", "The objective raised ValueError: no such layer"),
        ("nan", "The score is nan, no finite number"),
        ("inf cost", "The madds is inf, no finite number"),
        ("text", "The score is 'good', no finite number"),
        ("nothing", "The objective returned None, which holds no score"),
        ("report nan", "The score after epoch 2 is nan"),
    ],
)
def test_what_goes_wrong_is_told(how: str, sentence: str) -> None:
    outcome = attempt_how(how)
    assert outcome.score is None
    assert outcome.error is not None and sentence in outcome.error
    assert outcome.curve == ((1.0,) if how == "report nan" else ())


def test_an_interruption_is_no_failure() -> None:
    def interrupted(settings: object, report: object) -> dict[str, float]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_attempt(interrupted, make_trial({}), go_on)
