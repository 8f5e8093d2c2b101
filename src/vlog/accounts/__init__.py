"""Who may administer: the one admin secret, the set-up link that chooses it, and sessions."""
