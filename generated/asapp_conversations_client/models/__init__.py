# Generated from openapi.yaml and generator-config.yml: do not edit; run `nox -s generate`.
"""Contains all the data models used in inputs/outputs"""

from .bad_request_details import BadRequestDetails
from .bad_request_response import BadRequestResponse
from .conflict_details import ConflictDetails
from .conflict_response import ConflictResponse
from .error_details import ErrorDetails
from .error_response import ErrorResponse
from .forbidden_details import ForbiddenDetails
from .forbidden_response import ForbiddenResponse
from .message import Message
from .message_batch import MessageBatch
from .message_batch_response import MessageBatchResponse
from .not_found_details import NotFoundDetails
from .not_found_response import NotFoundResponse
from .payload_too_large_details import PayloadTooLargeDetails
from .payload_too_large_response import PayloadTooLargeResponse
from .sender import Sender
from .sender_role import SenderRole
from .service_unavailable_details import ServiceUnavailableDetails
from .service_unavailable_response import ServiceUnavailableResponse
from .too_many_requests_details import TooManyRequestsDetails
from .too_many_requests_response import TooManyRequestsResponse
from .unauthorized_details import UnauthorizedDetails
from .unauthorized_response import UnauthorizedResponse
from .unprocessable_entity_details import UnprocessableEntityDetails
from .unprocessable_entity_response import UnprocessableEntityResponse

__all__ = (
    "BadRequestDetails",
    "BadRequestResponse",
    "ConflictDetails",
    "ConflictResponse",
    "ErrorDetails",
    "ErrorResponse",
    "ForbiddenDetails",
    "ForbiddenResponse",
    "Message",
    "MessageBatch",
    "MessageBatchResponse",
    "NotFoundDetails",
    "NotFoundResponse",
    "PayloadTooLargeDetails",
    "PayloadTooLargeResponse",
    "Sender",
    "SenderRole",
    "ServiceUnavailableDetails",
    "ServiceUnavailableResponse",
    "TooManyRequestsDetails",
    "TooManyRequestsResponse",
    "UnauthorizedDetails",
    "UnauthorizedResponse",
    "UnprocessableEntityDetails",
    "UnprocessableEntityResponse",
)
