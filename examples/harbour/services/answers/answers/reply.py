"""Answer one question of the watch from the reports that bear on it."""

import os
from pathlib import Path

import yaml
from search.find import find_reports

from answers.models import ask_beside, ask_cloud

SETTINGS = yaml.safe_load(Path(os.environ.get("ANSWERS_SETTINGS", "settings.yaml")).read_text(encoding="utf-8"))
MODEL = os.environ.get("REPLY_MODEL", SETTINGS["reply"]["model"])
INSTRUCTIONS = "Answer from the reports given and from nothing else. Name the report behind every sentence."


def reply(question: str) -> str:
    """Answer a question; an officer reads it beside the reports it names."""
    text = "\n\n".join([*find_reports(question, SETTINGS["reply"]["reports"]), question])
    address = os.environ.get("REPLY_ADDRESS")
    if address:
        return ask_beside(address, MODEL, INSTRUCTIONS, text)
    return ask_cloud(MODEL, INSTRUCTIONS, text)
