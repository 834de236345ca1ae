"""The views: what each asks for, and what it is answered. One file each."""
