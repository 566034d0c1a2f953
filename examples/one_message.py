"""Adds one message to a conversation.

Run it with `python examples/one_message.py [CONVERSATION_ID]`. The keys are read from ASAPP_API_ID
and ASAPP_API_SECRET; set ASAPP_BASE_URL to send to the emulator instead of ASAPP.
"""

import sys
from datetime import UTC, datetime

from asapp_conversations import Client, customer

conversation_id = sys.argv[1] if len(sys.argv) > 1 else "01HNE48VMKNZ0B0SG3CEFV24WM"
message = customer("Hello, I would like to upgrade my plan.", "customer-1", datetime.now(UTC))

with Client() as client:
    print(client.create_messages(conversation_id, [message]))
