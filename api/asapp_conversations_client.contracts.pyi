"""What asapp_conversations_client.contracts exports."""

__all__ = ["CONTRACTS", "Contract", "Contracts", "Parameter"]

CONTRACTS: Contracts

class Contract(tuple):
    def __init__(
        self,
        operation: Operation,
        parameters: tuple[Parameter, ...],
        body_required: bool,
        bodies: Mapping[str, Mapping[str, Any]],
        answers: Mapping[str, Mapping[str, Mapping[str, Any]]],
    ): ...
    answers: Mapping[str, Mapping[str, Mapping[str, Any]]]
    bodies: Mapping[str, Mapping[str, Any]]
    body_required: bool
    operation: Operation
    parameters: tuple[Parameter, ...]

class Contracts(tuple):
    def __init__(
        self, schemas: Mapping[str, Mapping[str, Any]], operations: tuple[Contract, ...]
    ): ...
    operations: tuple[Contract, ...]
    schemas: Mapping[str, Mapping[str, Any]]

class Parameter(tuple):
    def __init__(self, name: str, place: str, required: bool, schema: Mapping[str, Any]): ...
    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]
