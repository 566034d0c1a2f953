"""Sends a conversation, and again what a failure left over.

Run it with `python examples/error_handling.py [CONVERSATION_ID]`, as often as you like: what ASAPP
holds already is counted, not stored twice. The keys are read from ASAPP_API_ID and
ASAPP_API_SECRET; set ASAPP_BASE_URL to send to the emulator instead of ASAPP.
"""

import sys

from asapp_conversations import (
    AsappError,
    AuthenticationError,
    Client,
    InvalidRequestError,
    PermissionDeniedError,
    Progress,
    agent,
    customer,
)

conversation_id = sys.argv[1] if len(sys.argv) > 1 else "01HNE48VMKNZ0B0SG3CEFV24WP"
messages = [
    customer("Hello, I would like to upgrade my plan.", "customer-1", "2021-11-23T12:13:14.555Z"),
    agent("Let me help you with that", "agent-111", "2021-11-23T12:13:16.666Z"),
]

try:
    with Client() as client:
        rest = Progress(remaining=messages)
        for _ in range(3):
            try:
                stored = client.create_messages(
                    conversation_id, rest.remaining, unknown=rest.unknown, conflict_is_stored=True
                )
            except (InvalidRequestError, AuthenticationError, PermissionDeniedError):
                raise  # another try would fail as well
            except AsappError as error:
                print(error)
                rest = error.progress or rest
            else:
                print(f"{stored.stored + stored.already_stored} messages are stored")
                break
        else:
            sys.exit("not all of it is stored")
except AsappError as error:
    sys.exit(str(error))
