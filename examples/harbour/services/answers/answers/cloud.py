"""The one connection to the models of the cloud we run in."""

from functools import cache
from typing import Any

import boto3


@cache
def models() -> Any:  # noqa: ANN401 - boto3 builds its clients at run time and has no type for them.
    """Return the client; region and credentials come from the machine it runs on."""
    return boto3.client("bedrock-runtime")
