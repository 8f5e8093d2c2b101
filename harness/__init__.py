"""The proofs that kill and starve, again and again: what is too long for each change."""
