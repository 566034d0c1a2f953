"""Loads conversations into ASAPP: each message once, in order, in as few requests as possible."""

try:
    from .api import import_messages, import_messages_async, plan_import, prepare_import
    from .ledger.database import LedgerError
    from .ledger.standing import Standing, Waiting, forget_rejects, read_standing, rejects_of
    from .options import ImportArguments, ImportOptions, Interruption
    from .plan import ImportPlan, Reason
    from .reading.sources import (
        Files,
        Query,
        ReadArguments,
        ReadOptions,
        Records,
        Snapshot,
        SourceError,
        Table,
    )
    from .rejects import write_rejects
    from .report import ImportReport, Phase, Sample
    from .sending.dispatcher import Failure
    from .sending.governor import PacedBy
    from .sending.stops import StoppedBy
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"{error.name} is missing: python -m pip install 'asapp-conversations[importer]'",
        name=error.name,
    ) from None

__all__ = [
    "Failure",
    "Files",
    "ImportArguments",
    "ImportOptions",
    "ImportPlan",
    "ImportReport",
    "Interruption",
    "LedgerError",
    "PacedBy",
    "Phase",
    "Query",
    "ReadArguments",
    "ReadOptions",
    "Reason",
    "Records",
    "Sample",
    "Snapshot",
    "SourceError",
    "Standing",
    "StoppedBy",
    "Table",
    "Waiting",
    "forget_rejects",
    "import_messages",
    "import_messages_async",
    "plan_import",
    "prepare_import",
    "read_standing",
    "rejects_of",
    "write_rejects",
]
