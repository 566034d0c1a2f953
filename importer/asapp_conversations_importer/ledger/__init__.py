"""Keeps how far an import has come, so that it can go on."""
