"""The commands `import`, `plan`, `prepare`, `check`, `status` and `rejects`."""
