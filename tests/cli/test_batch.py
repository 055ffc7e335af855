from pathlib import Path

from stereopsis.cli.batch import Work


def test_a_stage_that_comes_twice_adds_up() -> None:
    work = Work(Path("dog.jpg"), Path("dog"), lambda done, total: None)
    work.ms["film"] = 5000.0
    with work.stage("film"):
        pass
    assert work.ms["film"] > 5000.0
