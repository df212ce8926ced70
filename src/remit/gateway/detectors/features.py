"""The features of a text for the built-in detector: its words, and which groups of meaning meet in it.

The groups say in a few dozen words what the classes turn on: an act of force, arms, a target, the lack of a person;
following, people, what senses them. That two groups meet in one text tells more than any word of them.
Names of tools are read as words: `fireControl.engage_target` is fire, control, engage, target.
"""

from __future__ import annotations

import re
from zlib import crc32

BITS = 13
"""Features are hashed to so many bits."""
_MOST_WORDS = 400
_LONGEST_WORD = 24
_VOICES = 8
"""How many features one meeting of groups counts for, beside the words of a text."""
_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GROUPS = {
    "act": "strike engage fire launch shoot kill destroy neutralise intercept detonate arm attack bomb jam "
    "release designate",
    "arms": "weapon weapons munition munitions missile missiles drone drones turret interceptor warhead artillery gun "
    "guns uav loitering ordnance torpedo explosive rocket grenade rifle",
    "goal": "target targets targeting hostile enemy combatant combatants threat contact objective insurgent "
    "battlefield lethal kill",
    "alone": "autonomous autonomously automatic automatically without approval operator human unattended swarm "
    "authority authorise authorize",
    "follow": "track tracking trace surveil surveillance monitor monitoring follow locate location locations "
    "geolocate geolocation movements whereabouts dossier profile profiles profiling identify identifies recognition "
    "match watchlist scrape",
    "people": "person people persons individuals citizens residents protesters protestors journalists migrants "
    "visitors travellers drivers worshippers activists employees passengers population",
    "sense": "face faces facial biometric biometrics plate plates cctv camera cameras phone phones cell imsi gait "
    "iris fingerprint license social media",
}
_AMERICAN = {"neutralize": "act", "travelers": "people"}  # misspelt on purpose
_GROUP_OF = {word: group for group, words in _GROUPS.items() for word in words.split()} | _AMERICAN


def features_of(text: str) -> list[int]:
    """Return the features of a text, in order and each once."""
    words = _words_of(text)
    marks = {f"w{word}" for word in words}
    groups = sorted({_GROUP_OF[word] for word in words if word in _GROUP_OF})
    for place, one in enumerate(groups):
        for other in groups[place:]:
            marks.update(f"g{one}/{other}#{voice}" for voice in range(_VOICES))
    return sorted({crc32(mark.encode(errors="replace")) & ((1 << BITS) - 1) for mark in marks})


def touches_a_group(text: str) -> bool:
    """Tell whether any word of a text is of a group; one that has none speaks of something else."""
    return any(word in _GROUP_OF for word in _words_of(text))


def _words_of(text: str) -> list[str]:
    return [word[:_LONGEST_WORD] for word in _WORD.findall(_HUMP.sub(" ", text).lower())[:_MOST_WORDS]]
