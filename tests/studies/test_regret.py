import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stereopsis.errors import DataError, OptionError
from stereopsis.search.evolve import EvolveConfig
from stereopsis.search.fbnetv3 import JointConfig
from stereopsis.studies import regret
from stereopsis.studies.kept_searches import KeptSearches
from stereopsis.studies.regret import draw_chart, main, mark_of, summarise
from stereopsis.studies.regret_trials import infeasible, methods, pose, regrets, run
from stereopsis.studies.rivals import Search
from tests.search.small_tables import ALL, QUICK, cost, score, table

CONFIG = JointConfig(
    batch=4,
    predictor=QUICK,
    evolution=EvolveConfig(best=5, random=5, children=20, kept=40),
)


@pytest.mark.parametrize("name", ["ours", "random", "evolution"])
def test_each_method_spends_its_evaluations_and_nothing_on_the_infeasible(name: str) -> None:
    problem = pose(table(), "macs")
    found = run(problem, methods(table(), CONFIG)[name], 22, 0)
    assert len(found.candidates) == len(set(found.candidates)) == 22
    assert found.scores == tuple(map(score, found.candidates))
    assert infeasible(problem, found) == 0


@given(st.lists(st.sampled_from(ALL), min_size=1, max_size=9))
def test_regret_falls_and_ends_at_the_best_found(found: list[tuple[int, ...]]) -> None:
    problem = pose(table(), "macs", 20)
    falls = regrets(problem, Search(tuple(found), tuple(map(score, found))))
    assert (np.diff(falls) <= 0).all()
    assert falls[-1] == max(map(score, ALL)) - max(map(score, found)) >= 0


def test_half_of_the_table_is_feasible_unless_told_otherwise() -> None:
    assert pose(table(), "macs").feasible >= len(ALL) / 2
    assert pose(table(), "macs", 4).feasible == sum(cost(each) <= 4 for each in ALL)
    with pytest.raises(OptionError, match="keeps macs to 1: the least is 2"):
        pose(table(), "macs", 1)


def test_infeasible_evaluations_are_counted() -> None:
    problem = pose(table(), "macs", 4)
    wrong = Search((ALL[0], ALL[-1]), (0.0, 0.0))
    assert infeasible(problem, wrong) == 1


def test_excess_is_that_over_ours() -> None:
    problem = pose(table(), "macs")
    falls = {"ours": np.ones((3, 8)), "gp": np.full((3, 8), 3.0)}
    zero = dict.fromkeys(falls, 0)
    report = summarise(problem, falls, zero, zero)["methods"]
    assert report["gp"]["8"]["excess"] == [2.0, 2.0, 2.0]
    assert report["ours"]["8"]["excess"] == [0.0, 0.0, 0.0]
    assert "16" not in report["ours"]
    assert report["gp"]["evaluations_to_best"] == "never"
    assert draw_chart("title", falls).startswith(b"\x89PNG")


def test_writes_a_report_and_forgets_the_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(regret.TABLES, "small", lambda data: table())
    monkeypatch.setattr(
        regret,
        "methods",
        lambda found: {**methods(found, CONFIG), "gp": methods(found)["tpe"]},
    )
    main(tmp_path, tmp_path / "out", "small", seeds=2, evaluations=24)
    report = json.loads((tmp_path / "out" / "regret_small.json").read_text())
    assert report["methods"]["tpe"]["infeasible_share"] == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "regret_small.json",
        "regret_small.png",
    ]


def test_a_search_of_another_table_is_another_one() -> None:
    known = table()
    others = [replace(known, scores=known.scores + 1), replace(known, costs={})]
    marks = {mark_of(each) for each in (known, *others)}
    assert mark_of(table()) in marks and len(marks) == 3


def test_refuses_an_unknown_table_and_a_missing_one(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="There is no table nas"):
        main(tmp_path, tmp_path / "out", "nas")
    with pytest.raises(DataError, match="There is no table"):
        main(tmp_path, tmp_path / "out", "accel")


def test_keeps_searches_that_are_done(tmp_path: Path) -> None:
    path, done = tmp_path / "kept.json", Search(((0, 1), (1, 0)), (1.0, 2.5), 3)
    assert KeptSearches(path).get("a", lambda: done) == done

    def refuse() -> Search:
        raise AssertionError

    again = KeptSearches(path)
    assert again.get("a", refuse) == done
    again.remove()
    assert not path.exists()
    path.write_text("[1]")
    with pytest.raises(DataError, match="holds no finished searches"):
        KeptSearches(path)
