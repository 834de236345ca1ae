"""The views: each asks the session one query, and has its panels, its keys and its styles here."""
