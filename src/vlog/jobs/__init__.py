"""Leased work on PostgreSQL: who may do what, until when, and what happens when they vanish."""
