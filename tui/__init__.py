"""A Textual app that watches and steers."""
