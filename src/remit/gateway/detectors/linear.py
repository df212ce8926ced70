"""The built-in detector: a sum of weights for each class, shipped as a small file and read in pure Python.

1. It suggests an effect when a tool is registered, and warns when the words and the registered effect disagree.
2. It is wrong often enough that its figures stand in its own file, and are printed wherever it speaks.
3. The same rows give the same file; whoever has better rows makes a better file (`remit detector train`).
"""

from __future__ import annotations

import json
import math
from array import array
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from remit.errors import UsageError
from remit.gateway.detectors.features import BITS, features_of, touches_a_group

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = "remit-detector@v1"
NEITHER = "neither"
BUILT_IN = "built-in"
EFFECTS = {"people_tracking": "track-people", "use_of_force": "force"}
"""The effect that each label of the shipped file stands for."""
_FINEST = 127


@dataclass(frozen=True, slots=True)
class ClassWeights:
    """The weights of one class, as whole numbers from -127 to 127 times a scale."""

    scale: float
    bias: float
    weights: array[int]

    def score(self, features: list[int]) -> float:
        """Return how much a text looks like the class, from 0 to 1."""
        if not features:
            return 0.0
        total = sum(self.weights[each] for each in features) * self.scale / math.sqrt(len(features)) + self.bias
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True, slots=True)
class LinearDetector:
    """The weights of every class, and what was measured of them."""

    classes: Mapping[str, ClassWeights]
    made_from: Mapping[str, Any] = field(default_factory=dict)
    measured: Mapping[str, Any] = field(default_factory=dict)

    def scores(self, text: str) -> dict[str, float]:
        """Return how much a text looks like each class."""
        features = features_of(text)
        return {label: weights.score(features) for label, weights in self.classes.items()}

    def label(self, text: str) -> str:
        """Return the class that a text looks most like, if it looks more like it than not.

        A short text has few words that count against a class, so that one of ours must also touch a group of words.
        """
        touches = touches_a_group(text)
        scores = {name: score for name, score in self.scores(text).items() if touches or name not in EFFECTS}
        best = max(scores, key=lambda label: scores[label], default=NEITHER)
        return best if scores.get(best, 0.0) > 0.5 else NEITHER  # noqa: PLR2004  # more than not

    def to_json(self) -> str:
        """Write it as a file."""
        record = {
            "form": FORM,
            "bits": BITS,
            "classes": {
                label: {
                    "scale": each.scale,
                    "bias": each.bias,
                    "weights": b64encode(each.weights.tobytes()).decode(),
                }
                for label, each in self.classes.items()
            },
            "made_from": self.made_from,
            "measured": self.measured,
        }
        return json.dumps(record, indent=1, sort_keys=True) + "\n"


def read_detector(content: str, name: str) -> LinearDetector:
    """Read a file of weights; raise `UsageError` for anything else."""
    try:
        record = json.loads(content)
        if record["form"] != FORM or record["bits"] != BITS:
            raise ValueError(f"expected {FORM} with {BITS} bits")  # noqa: TRY301  # said like what is missing.
        classes = {
            label: ClassWeights(float(each["scale"]), float(each["bias"]), _weights(each["weights"]))
            for label, each in record["classes"].items()
        }
        return LinearDetector(classes, record["made_from"], record["measured"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"Nothing was looked at: {name} is no file of weights ({error!r}).") from error


def built_in() -> LinearDetector:
    """Return the detector that ships with Remit."""
    return read_detector((files("remit.gateway.detectors") / "weights.json").read_text(encoding="utf-8"), BUILT_IN)


def quantised(weights: Mapping[int, float], bias: float) -> ClassWeights:
    """Round weights so that they fit a small file, alike on every machine."""
    scale = float(f"{max((abs(weight) for weight in weights.values()), default=1.0) / _FINEST or 1.0:.4g}")
    numbers = array("b", bytes(1 << BITS))
    for place, weight in weights.items():
        numbers[place] = max(-_FINEST, min(_FINEST, round(weight / scale)))
    return ClassWeights(scale, float(f"{bias:.4g}"), numbers)


def _weights(text: str) -> array[int]:
    numbers = array("b", b64decode(text, validate=True))
    if len(numbers) != 1 << BITS:
        raise ValueError(f"expected {1 << BITS} weights, found {len(numbers)}")
    return numbers
