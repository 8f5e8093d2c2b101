"""What happens in VLog, told to whoever listens."""
