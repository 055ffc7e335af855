from dataclasses import fields

from stereopsis.studies.ablation_trials import SHORT_RECIPE, list_trials


def test_every_trial_changes_one_choice() -> None:
    for trial in list_trials():
        changed = [
            f.name
            for f in fields(trial.recipe)
            if getattr(trial.recipe, f.name) != getattr(SHORT_RECIPE, f.name)
        ]
        if trial.name == "256 x 192 throughout":
            changed.remove("late_share")  # says with `sizes` that there is one size only
        assert len(changed) + (trial.labels != "relabelled") <= 1
    names = {(trial.choice, trial.name) for trial in list_trials()}
    assert len(names) == len(list_trials())


def test_trials_see_equally_many_pictures_at_sizes_that_the_network_takes() -> None:
    for trial in list_trials():
        recipe = trial.recipe
        assert (recipe.loop.steps, recipe.batch) == (SHORT_RECIPE.loop.steps, SHORT_RECIPE.batch)
        for height, width in (*recipe.sizes, *recipe.late_sizes):
            assert height % 32 == width % 32 == 0


def test_the_baseline_has_several_seeds() -> None:
    assert len({t.recipe.seed for t in list_trials() if t.choice == "baseline"}) > 1
