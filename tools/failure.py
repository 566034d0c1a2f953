"""The one way in which a regeneration fails."""

EVERYTHING = "the new client"
"""Stands for the operation where a failure is no operation's own."""


class RegenerationError(Exception):
    """The inputs do not generate a client; the old one is untouched."""
