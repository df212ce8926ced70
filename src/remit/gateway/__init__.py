"""The gateway: holds every call to a model, and every tool call it proposes, against the terms before it goes on."""
