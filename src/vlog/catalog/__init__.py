"""What visitors and editors see: videos, their names and states, categories, search, trash."""
