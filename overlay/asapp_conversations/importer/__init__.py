"""Loads conversations into ASAPP."""
