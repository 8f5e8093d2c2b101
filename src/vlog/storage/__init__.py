"""Where media bytes lie: one protocol, and the local folder that implements it."""
