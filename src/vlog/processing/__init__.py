"""From an upload to a playing video: sources, plans, tasks, what workers deliver, and what becomes of it."""
