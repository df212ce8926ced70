"""litellm as somebody uses it who changes one address: ADDRESS KEY TOOL; prints what came as JSON.

It runs by another Python than the tests: litellm pins an older library of OpenAI's than the one that we test.
"""

import itertools
import json
import sys
from typing import Any

ASKS = (("heron-2", "hello"), ("heron-2", "tool"), ("osprey-1", "hello"))


def ask(address: str, key: str, tool: str, how: tuple[str, tuple[str, str], bool]) -> list[Any]:
    """Ask once; return the text, the calls and how it ended, or the error and its status."""
    import litellm  # type: ignore[import-not-found]  # another Python has it.

    litellm.suppress_debug_info = True
    wire, (model, words), stream = how
    more: dict[str, Any] = {"api_base": f"{address}/v1" if wire == "openai" else address, "api_key": key}
    if words == "tool":
        function = {"name": tool, "parameters": {"type": "object", "properties": {}}}
        more["tools"] = [{"type": "function", "function": function}]
    messages = [{"role": "user", "content": words}]
    try:
        reply = litellm.completion(f"{wire}/{model}", messages, stream=stream, max_tokens=50, **more)
        if stream:
            reply = litellm.stream_chunk_builder([*reply])
    except (litellm.exceptions.APIError, litellm.exceptions.PermissionDeniedError) as error:
        return [type(error).__name__, error.status_code]
    (choice,) = reply.choices
    calls = [call.function.name for call in choice.message.tool_calls or ()]
    return [(choice.message.content or "").strip(), calls, choice.finish_reason]


def main(address: str, key: str, tool: str) -> None:
    """Ask in each way over each wire."""
    found = {}
    for how in itertools.product(("openai", "anthropic"), ASKS, (False, True)):
        wire, (model, words), stream = how
        found[f"{wire} {model} {words}{' streamed' if stream else ''}"] = ask(address, key, tool, how)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:4])
