"""Sends conversations side by side, each in order."""
