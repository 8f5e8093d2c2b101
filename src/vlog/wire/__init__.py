"""What workers and the server say to each other; the same values whether they share a process or speak
HTTP.
"""
