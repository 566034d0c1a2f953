"""Sends a conversation, and again what a failure left over.

Needs ASAPP_API_ID and ASAPP_API_SECRET. Run it with `python examples/errors.py ID`.
"""

import sys

from asapp_conversations import AsappError, Client, InvalidRequestError, Progress, agent, customer

conversation_id = sys.argv[1]
messages = [
    customer("Hello, I would like to upgrade my plan.", "customer-1", "2021-11-23T12:13:14.555Z"),
    agent("Let me help you with that", "agent-111", "2021-11-23T12:13:16.666Z"),
]

with Client() as client:
    rest = Progress(remaining=messages)
    for _ in range(3):
        try:
            stored = client.create_messages(conversation_id, rest.remaining, unknown=rest.unknown)
        except InvalidRequestError as error:
            sys.exit(str(error))
        except AsappError as error:
            print(error)
            rest = error.progress or rest
        else:
            print(f"{stored.stored + stored.already_stored} messages are stored")
            break
    else:
        sys.exit("not all of it is stored")
