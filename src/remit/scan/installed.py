"""Packages that lie installed in an image or within another archive, known by the files they bring.

What such a package says of itself in prose, and what it may need one day, is not said by the system it lies in; its
name counts as something that the system needs.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from remit.scan.source import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

_METADATA = (".dist-info/METADATA", ".egg-info/PKG-INFO", ".egg-info")
_NAME = re.compile(rb"^Name:[ \t]*([A-Za-z0-9][\w.\-]*)", re.MULTILINE)
_NPM = re.compile(r"(?:^|/)node_modules/((?:@[^/]+/)?[^/]+)/package\.json$")
_MAVEN = re.compile(r"\.[jw]ar/META-INF/maven/([^/]+)/([^/]+)/pom\.(?:xml|properties)$")
_POM = "<dependencies><dependency><groupId>%s</groupId><artifactId>%s</artifactId></dependency></dependencies>"


def installed(reading: Reading) -> Iterator[Reading]:
    """Give a file of an image as it is, or what is installed there where it is the record of that."""
    if reading.path.endswith(_METADATA):
        yield Reading(reading.path, b"")
        if found := _NAME.search(reading.data):
            yield Reading(f"{reading.path}/requirements.txt", found[1])
    elif name := _NPM.search(reading.path):
        yield reading
        record = {"dependencies": {name[1]: "*"}}
        yield Reading(f"{reading.path}/package.json", json.dumps(record).encode())
    else:
        yield from carried(reading)


def carried(reading: Reading) -> Iterator[Reading]:
    """Give a file of an archive as it is, or the library of Java that lies in it where it is the record of that."""
    library = _MAVEN.search(reading.path)
    if library is None:
        yield reading
        return
    yield Reading(reading.path, b"")
    if reading.path.endswith(".properties"):
        yield Reading(f"{reading.path}/pom.xml", (_POM % library.groups()).encode())
