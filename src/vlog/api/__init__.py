"""The doors: HTTP, sorted by who may come in. ``ls public`` is the whole public attack surface."""
