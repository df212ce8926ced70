"""Which model a name means: aliases, clouds' ids and routers' prefixes resolve to one row of the catalogue, or to none.

1. A name is visible ASCII; a look-alike in another script is another name, and no model has it.
2. What the register says an upstream calls a model comes first, then the catalogue, in any case of letters.
3. A wrapping is taken off only where its form is known: a Bedrock ARN or inference profile, a Vertex path, the maker or
   the service before a slash. What is left must be in the catalogue, by the maker that the wrapping names.
4. What changes the model, a tuned one or one with something plugged in, is not the model that it was made of.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from remit.terms.catalogue import Catalogue, Model
    from remit.terms.register import Register

_PLAIN = re.compile(r"[!-~]{1,256}")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:[a-z0-9-]*:\d*:(?:foundation-model|inference-profile)/(.+)")
_REGION = re.compile(r"(?:us|eu|apac|ap|jp|au|ca|sa|us-gov|global)\.(?=[a-z0-9]+\.)(.+)")
_VERTEX = re.compile(r"(?:projects/[^/]+/locations/[^/]+/)?publishers/([^/]+)/models/([^/:]+)")
_THROUGHPUT = re.compile(r"(.+:\d+):\d+k")
_TARIFF = re.compile(r"(.+):(?:free|nitro|floor)")
_DATED = re.compile(r"[-@]?(?:\d{8}|\d{4}-\d{2}-\d{2})")
_MOST_PREFIXES = 3
_MOST_KEPT = 4096


class Names:
    """Resolves names by one catalogue and one register."""

    def __init__(self, catalogue: Catalogue, register: Register) -> None:
        self._catalogue = catalogue
        self._wired: dict[str, str | None] = {}
        self._known: dict[str, Model | None] = {}
        for upstream in register.upstreams:
            for model, name in upstream.models.items():
                # A name that means two models, each at its own upstream, means none where nobody says which.
                known = self._wired.setdefault(name.casefold(), model)
                if known != model:
                    self._wired[name.casefold()] = None

    def resolve(self, name: str, here: Mapping[str, str] | None = None) -> Model | None:
        """Return the model that a name means, at an upstream with names of its own if one is given."""
        if here is None and name in self._known:
            return self._known[name]
        found = self._resolve(name, here)
        if here is None and len(self._known) < _MOST_KEPT:
            self._known[name] = found
        return found

    def _resolve(self, name: str, here: Mapping[str, str] | None) -> Model | None:
        if not _PLAIN.fullmatch(name):  # (1)
            return None
        low = name.casefold()
        for model, wired in (here or {}).items():  # (2)
            if wired.casefold() == low:
                return self._catalogue.model(model)
        if low in self._wired:
            ident = self._wired[low]
            return None if ident is None else self._catalogue.model(ident)
        return next((found for inner in self._unwrapped(low) if (found := inner) is not None), None)

    def served(self, name: str, decided: str, wire: str, here: Mapping[str, str]) -> Model | None:
        """Return the model that a reply names; what was sent for, or a dated version of it, is what was decided."""
        if name == wire:
            return self._catalogue.model(decided)
        low = name.casefold()
        for known in (wire.casefold(), decided.casefold()):
            if low == known or (low.startswith(known) and _DATED.fullmatch(low[len(known) :])):
                exact = self._catalogue.model(name)
                return exact if exact is not None else self._catalogue.model(decided)
        return self.resolve(name, here)

    def _unwrapped(self, name: str) -> Iterator[Model | None]:
        """Yield what a name means with nothing taken off it, and then with each known wrapping off (3)."""
        yield self._catalogue.model(name)
        if found := _ARN.fullmatch(name):
            name = found[1]
            yield self._catalogue.model(name)
        if found := _REGION.fullmatch(name):
            yield self._catalogue.model(found[1])
        if found := _THROUGHPUT.fullmatch(name):
            yield from self._unwrapped(found[1])
        if found := _VERTEX.fullmatch(name):
            yield self._by(found[1], found[2])
        if found := _TARIFF.fullmatch(name):
            yield from self._unwrapped(found[1])
        yield self._prefixed(name)

    def _prefixed(self, name: str) -> Model | None:
        """Resolve `service/maker/model`, `maker/model` and `models/model`."""
        *prefixes, last = name.split("/")
        if not prefixes or len(prefixes) > _MOST_PREFIXES:
            return None
        model = self._catalogue.model(last)
        if model is None:
            return None
        for prefix in prefixes:
            service = prefix in self._catalogue.services or prefix in {"models", "vertex_ai"}
            if not service and not self._is_maker(prefix, model.maker):
                return None
        return model

    def _by(self, maker: str, name: str) -> Model | None:
        model = self._catalogue.model(name)
        return model if model is not None and self._is_maker(maker, model.maker) else None

    @staticmethod
    def _is_maker(word: str, maker: str) -> bool:
        # `mistralai` and `meta-llama` are how makers call themselves at routers and clouds.
        return word == maker or (word.startswith(maker) and word[len(maker) :] in {"ai", "-ai", "-llama"})
