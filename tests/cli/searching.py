"""What the tests of stereopsis search share."""

TASK = "tests.search.tasks:task"
JOINT = ("--joint", "--trials", "8", "--trial-steps", "8")
SHORT = ("--steps", "10", "--retrain-steps", "4", "--threads", "1")
