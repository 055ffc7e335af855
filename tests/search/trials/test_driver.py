import os
import subprocess
import sys
from dataclasses import replace

import pytest

from stereopsis.search.trials import driver
from stereopsis.search.trials.driver import Driver, birth_of, is_dead, this_driver, this_place

AGES_S = 1e9


def test_we_live_however_long_we_are_silent() -> None:
    assert not is_dead(this_driver(), AGES_S)


def test_drivers_of_one_process_have_names_of_their_own() -> None:
    assert this_driver() != this_driver()


def test_a_process_that_ended_is_dead_even_before_its_parent_asks() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.read()  # ends with the process
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie from here on
    assert is_dead(Driver("d", this_place(), child.pid, "1"), 0)
    child.stdout.close()
    child.wait()
    assert is_dead(Driver("d", this_place(), child.pid, "1"), 0)


def test_a_later_process_of_the_same_number_does_not_keep_it_alive() -> None:
    assert is_dead(replace(this_driver(), born="1"), 0)


def test_one_elsewhere_lives_as_long_as_its_lease() -> None:
    elsewhere = replace(this_driver(), place="another")
    assert not is_dead(elsewhere, 9, lease_s=10)
    assert is_dead(elsewhere, 11, lease_s=10)


def test_where_births_are_hidden_a_process_that_answers_lives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hidden(path: object) -> str:
        raise PermissionError

    monkeypatch.setattr(driver.Path, "read_text", hidden)
    assert birth_of(os.getpid()) == ""
    assert this_place().split() == [os.uname().nodename]
    assert not is_dead(this_driver(), AGES_S)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert birth_of(child.pid) is None
