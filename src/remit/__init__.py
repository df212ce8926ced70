"""Remit holds every use of an AI model against the terms it is used under."""

__version__ = "0.1.0"

__all__ = ["__version__"]
