"""The screens that lie over the monitor."""
