"""Fields by which routers, proxies and servers go elsewhere than was judged, or search and call by themselves.

1. What takes another model, another place, another key or a prompt that is kept elsewhere is refused.
2. What only narrows where the judged model may run, or leaves words out, passes.
3. What asks the other side to search or to call is a tool that the provider runs, and judged as one.
4. `extra_body`, which some proxies lay over the request, may hold nothing that decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remit.gateway.strict_json import LONGEST_KEY, fold
from remit.gateway.unreadable import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# All folded (1).
_ELSEWHERE = frozenset(
    {"models", "fallbacks", "fallbackmodels", "modelfallbacks", "defaultfallbacks", "contextwindowfallbacks"}
    | {"contentpolicyfallbacks", "route", "modellist", "modelid", "modelname", "deployment", "deploymentid", "engine"}
    | {"draftmodel", "speculativemodel", "apibase", "baseurl", "apikey", "preset", "agentid", "deferred"}
    | {"customllmprovider", "litellmcredentialname", "uselitellmproxy", "mockresponse", "mocktoolcalls"}
    | {"mocktestingfallbacks", "vertexproject", "vertexlocation", "vertexcredentials", "vertexaiproject"}
    | {"vertexailocation", "vertexaicredentials", "azureadtoken", "organization", "loraadapter", "loraadapters"}
    | {"lora", "lorapath", "lorarequest", "workspaceid"}
)
_ELSEWHERE_STARTS = "aws", "watsonx"
_NAMES_MODEL = _ELSEWHERE | {"model"}
# Tools, where no dialect looks for any.
_BRINGS_TOOLS = frozenset({"tools", "functions", "functiondeclarations", "mcpservers"})
# What is in these is the caller's own words, or is read with more care elsewhere.
_FREE = frozenset(
    {"messages", "input", "system", "instructions", "tools", "functions", "metadata", "client_metadata", "prediction"}
    | {"response_format", "text", "output_config", "output_format", "guided_json", "structured_outputs", "documents"}
    | {"chat_template_kwargs", "tool_choice", "function_call", "mcp_servers", "container", "logit_bias", "user"}
    | {"plugins", "connectors"}
)
_JUDGED = "absent: the model that answers must be the one that was judged, where it was judged"
# What can only take some places away (2).
_NARROWS: Mapping[str, tuple[object, ...]] = {
    "data_collection": ("deny",),
    "zdr": (True, False),
    "require_parameters": (True, False),
}
_LEAVES_OUT = "middle-out"
# Fields that ask one provider or another to search or to call by itself, and the tool that each is (3); folded.
_PROVIDER_RUN = {
    "websearchoptions": "web_search",
    "plugins": "plugins",
    "searchparameters": "web_search",
    "enablesearch": "web_search",
    "enablewebsearch": "web_search",
    "websearch": "web_search",
    "searchsettings": "web_search",
    "datasources": "data_sources",
    "connectors": "connectors",
    "enablecodeinterpreter": "code_interpreter",
    "compoundcustom": "compound",
    "mcpservers": "mcp",
}
_ASKED_BY_BEING_THERE = frozenset({"websearchoptions", "searchparameters"})
_PLUGINS = {"web": "web_search"}
_NEVER_LAID_OVER = frozenset({"messages", "input", "system", "instructions", "tools", "provider", "transforms"})
_NOTHING: tuple[object, ...] = (None, False, "", [], {})


def refuse_elsewhere(fields: Mapping[str, Any], deciding: frozenset[str]) -> None:
    """Raise `Unreadable` for the first field, at whatever depth, that may bring in what was not judged (1)."""
    for key, value in fields.items():
        if key == "model" or key in _FREE or value in _NOTHING:
            continue
        folded = _folded(key)
        if folded == "provider" and not _narrows(value):  # (2)
            raise Unreadable(key, _JUDGED)
        if folded == "transforms" and value != [_LEAVES_OUT]:
            raise Unreadable(key, f"nothing but {_LEAVES_OUT}, which leaves words out")
        if _leads_away(folded) or _brings_in(folded, value):
            raise Unreadable(key, _JUDGED)
        if folded == "extrabody":
            _refuse_laid_over(value, deciding)
    tools = fields.get("tools")
    for at, tool in enumerate(tools if isinstance(tools, list) else ()):
        if isinstance(tool, dict) and tool.get("model") is not None:
            raise Unreadable(f"tools[{at}].model", _JUDGED)


def read_provider_run(fields: Mapping[str, Any], apart: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each tool that a field asks the provider to run, with what stands there; but for one read elsewhere (3)."""
    for key, value in fields.items():
        folded = _folded(key)
        tool = _PROVIDER_RUN.get(folded)
        if (
            tool is None
            or key == apart
            or (value in _NOTHING and not (value == {} and folded in _ASKED_BY_BEING_THERE))
        ):
            continue
        named = value if folded == "plugins" and isinstance(value, list) else []
        for plugin in named:
            name = plugin.get("id") if isinstance(plugin, dict) else plugin
            yield (_PLUGINS.get(name, name) if isinstance(name, str) and name else tool), plugin
        if not named:
            yield tool, value


def _leads_away(folded: str) -> bool:
    return folded in _ELSEWHERE or folded.startswith(_ELSEWHERE_STARTS)


def _narrows(value: object) -> bool:
    """Tell whether what is said of providers can only take some of them away."""
    if not isinstance(value, dict):
        return False
    return all(inner is None or inner in _NARROWS.get(key, ()) for key, inner in value.items())


def _refuse_laid_over(value: object, deciding: frozenset[str]) -> None:
    """Raise `Unreadable` where a field that may be laid over the request says anything that decides (4)."""
    known = {fold(key) for key in deciding} | _PROVIDER_RUN.keys() | _NEVER_LAID_OVER
    for key in value if isinstance(value, dict) else ():
        if _folded(key) in known or _leads_away(_folded(key)):
            raise Unreadable(f"extra_body.{key}", "given beside the model, where the gateway reads it")


def _brings_in(folded: str, value: object) -> bool:
    """Tell whether a field brings in another model, or tools; of what is judged as a tool itself, another model."""
    tools = folded not in _PROVIDER_RUN
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if any(_brings(_folded(key), inner, tools=tools) for key, inner in part.items()):
                return True
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return False


def _brings(folded: str, inner: object, *, tools: bool) -> bool:
    return (inner is not None and folded in _NAMES_MODEL) or (tools and bool(inner) and folded in _BRINGS_TOOLS)


def _folded(key: str) -> str:
    return fold(key) if len(key) <= LONGEST_KEY else ""
