"""Answer one question of the watch from the reports that bear on it."""

import os
from pathlib import Path

import yaml

from answers.cloud import models
from answers.search import find_reports

SETTINGS = yaml.safe_load(Path(os.environ.get("ANSWERS_SETTINGS", "settings.yaml")).read_text(encoding="utf-8"))
INSTRUCTIONS = "Answer from the reports given and from nothing else. Name the report behind every sentence."


def reply(question: str) -> str:
    """Answer a question; an officer reads it beside the reports it names."""
    chosen = SETTINGS["reply"]
    reports = "\n\n".join(find_reports(question))
    answer = models().converse(
        modelId=chosen["model"],
        system=[{"text": INSTRUCTIONS}],
        messages=[{"role": "user", "content": [{"text": f"{reports}\n\n{question}"}]}],
        inferenceConfig={"maxTokens": chosen["max_tokens"]},
    )
    return answer["output"]["message"]["content"][0]["text"]
