"""Makes weights from labelled rows: logistic regression by small steps, each class against the rest.

The figures that go into the file are cross-validated: each row is judged by weights that never saw it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from random import Random
from typing import TYPE_CHECKING

from remit.gateway.detectors.features import features_of
from remit.gateway.detectors.linear import NEITHER, LinearDetector, quantised

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.gateway.detectors.labelled import LabelledRow
    from remit.gateway.detectors.linear import ClassWeights

ROUNDS = 15
FOLDS = 5
_RATE = 0.3
_SHRINK = 1e-4
_RARE = 4.0
"""How much more a row of the class weighs than one that is not; there are far fewer of them."""

Example = tuple[list[int], bool]


def train(rows: Sequence[LabelledRow]) -> LinearDetector:
    """Make a detector of every label there is but `neither`."""
    features = [features_of(row.text) for row in rows]
    labels = sorted({row.label for row in rows} - {NEITHER})
    return LinearDetector(
        {
            label: _fit([(each, row.label == label) for each, row in zip(features, rows, strict=True)])
            for label in labels
        }
    )


def cross_validate(rows: Sequence[LabelledRow], seed: int = 1) -> list[str]:
    """Return for each row the label that a detector gives it that was made without that row."""
    order = list(range(len(rows)))
    Random(seed).shuffle(order)  # noqa: S311  # a drawing that can be repeated
    given = [NEITHER] * len(rows)
    for fold in range(FOLDS):
        held = order[fold::FOLDS]
        without = set(held)
        detector = train([rows[place] for place in sorted(set(order) - without)])
        for place in held:
            given[place] = detector.label(rows[place].text)
    return given


def _fit(examples: Sequence[Example]) -> ClassWeights:
    """Take small steps against the slope (AdaGrad), in an order that is drawn once and for all."""
    weights: dict[int, float] = defaultdict(float)
    slopes: dict[int, float] = defaultdict(lambda: 1e-8)
    bias, bias_slope = 0.0, 1e-8
    order = list(range(len(examples)))
    lots = Random(0)  # noqa: S311  # a drawing that can be repeated
    for _ in range(ROUNDS):
        lots.shuffle(order)
        for place in order:
            features, wanted = examples[place]
            if not features:
                continue
            share = 1 / math.sqrt(len(features))
            total = bias + share * sum(weights[each] for each in features)
            off = 1 / (1 + math.exp(-max(-30.0, min(30.0, total)))) - wanted
            slope = off * (_RARE if wanted else 1.0)
            bias_slope += slope * slope
            bias -= _RATE * slope / math.sqrt(bias_slope)
            for each in features:
                step = slope * share + _SHRINK * weights[each]
                slopes[each] += step * step
                weights[each] -= _RATE * step / math.sqrt(slopes[each])
    return quantised(weights, bias)
