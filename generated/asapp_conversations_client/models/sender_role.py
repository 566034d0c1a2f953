# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
from enum import StrEnum


class SenderRole(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"
    SYSTEM = "system"

    def __str__(self) -> str:
        return str(self.value)
