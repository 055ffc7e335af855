import os
import subprocess
import sys

TWO_AT_A_TIME = """
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from stereopsis.depth.weighted_median import Window, weighted_median

values = np.random.default_rng(0).random((200, 200), np.float32)
colors, wanted = np.zeros((200, 200, 3), np.uint8), np.ones((200, 200), np.bool_)

def smooth(_):
    trust = np.ones_like(values)
    return weighted_median(values, colors, wanted, Window(4), 14.0, trust).mean()

with ThreadPoolExecutor(4) as pool:
    print(len(set(pool.map(smooth, range(12)))))
"""


def test_several_threads_may_call_it_where_numba_has_no_openmp() -> None:
    environment = {**os.environ, "NUMBA_THREADING_LAYER": "workqueue"}
    command = [sys.executable, "-c", TWO_AT_A_TIME]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
