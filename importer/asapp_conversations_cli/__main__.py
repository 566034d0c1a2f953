"""`python -m asapp_conversations_cli` is the command `asapp-conversations`."""

from . import main

main()
