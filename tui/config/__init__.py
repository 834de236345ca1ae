"""The config file: how it is read, and what it sets."""
