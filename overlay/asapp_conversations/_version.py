__version__ = "1.0.0"
"""The version of this package."""
