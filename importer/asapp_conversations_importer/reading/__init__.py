"""Reads any source into validated, sorted messages."""
