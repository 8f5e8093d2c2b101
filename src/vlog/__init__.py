"""VLog: a self-hosted video platform."""
