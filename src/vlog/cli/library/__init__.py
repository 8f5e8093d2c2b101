"""The verbs for a library of videos: what the admin pages do, for terminals and scripts."""
