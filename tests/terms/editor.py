"""Terms as an editor sees them: read as YAML 1.2, and held against the schemas that `remit terms schema` prints."""

from __future__ import annotations

import re
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from remit.terms.schema import schemas

SCHEMAS = schemas()
_CHECKS = {kind: Draft202012Validator(schema) for kind, schema in SCHEMAS.items()}


class EditorLoader(yaml.SafeLoader):
    """YAML as editors read it, by its version 1.2: a date is a text, and only true and false are truth values."""


EditorLoader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool", ":int", ":merge"))]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^-?[0-9]+$"), list("-0123456789"))


def as_an_editor_reads(text: str) -> Any:  # whatever YAML can hold
    """Return what an editor checks."""
    return yaml.load(text, EditorLoader)  # noqa: S506  # a safe one, as its class says


def refusals(kind: str, document: Any) -> list[str]:  # whatever YAML can hold
    """Return what the schema of one kind of file has against a document."""
    return [f"{error.json_path}: {error.message}" for error in _CHECKS[kind].iter_errors(document)]
