"""Implementations in memory that pass the same suites as the real ones."""
