# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
"""Contains endpoint functions for accessing the API"""
