"""How VLog tells what it does: logs, metrics, health."""
