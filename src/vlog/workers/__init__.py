"""Processes that work behind the scenes: only wiring, what they do stands in the rooms."""
