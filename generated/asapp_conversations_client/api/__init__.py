# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
"""Contains methods for accessing the API"""
