"""What a worker does with one task; knows no database and no web framework."""
