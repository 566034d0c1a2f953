"""The one way in which a regeneration fails."""


class RegenerationError(Exception):
    """The inputs do not generate a client; the old one is untouched."""
