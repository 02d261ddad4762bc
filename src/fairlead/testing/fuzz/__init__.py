"""Coverage-guided fuzzing: whatever the input, an engine answers or refuses in its own words, and its laws hold.

`targets.py` has the table: a name, a law over any bytes, seeds, and words of its language. `make fuzz` runs them under
atheris, which steers by the branches that an input reaches; `tests/unit/fuzz` replays what was found once, without it.
"""
