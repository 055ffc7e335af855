"""Judging: how much of the target look pictures have, and how far that figure can be trusted."""
