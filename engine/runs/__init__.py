"""A run on disk: what it is made from, its record, and how it is trained again from these."""
