"""A model whose weights lie in what ships is part of the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from remit.scan.run import scan_path

if TYPE_CHECKING:
    from pathlib import Path

WEIGHTS = b"GGUF\0\0\0\1" * 40
PYTHON = {
    "app.py": b'from llama_cpp import Llama\nllm = Llama(model_path="models/llama-2-7b-chat.Q4_K_M.gguf")\n',
    "requirements.txt": b"llama-cpp-python\n",
}
SCRIPT = {
    "app.mjs": b'import { getLlama } from "node-llama-cpp";\n'
    b'const model = await (await getLlama()).loadModel({ modelPath: "models/llama-2-7b-chat.Q4_K_M.gguf" });\n',
    "package.json": b'{"dependencies": {"node-llama-cpp": "3"}}',
}


@pytest.mark.parametrize("code", [PYTHON, SCRIPT], ids=["python", "script"])
def test_weights_that_lie_in_the_tree_are_embedded_in_the_product(code: dict[str, bytes], tmp_path: Path) -> None:
    found = relations({**code, "models/llama-2-7b-chat.Q4_K_M.gguf": WEIGHTS}, tmp_path)
    assert found["meta"] == {"embedded-in-product"}


def test_a_file_beside_weights_says_whose_they_are(tmp_path: Path) -> None:
    files = {
        "app.py": b'from transformers import AutoModel\nm = AutoModel.from_pretrained("./weights/own")\n',
        "weights/own/model.safetensors": WEIGHTS,
        "weights/own/config.json": b'{"_name_or_path": "Qwen/Qwen2-0.5B", "model_type": "qwen2"}',
    }
    assert relations(files, tmp_path)["alibaba-qwen"] == {"embedded-in-product"}


@pytest.mark.parametrize("code", [PYTHON, SCRIPT], ids=["python", "script"])
def test_weights_that_are_fetched_when_it_runs_are_not_embedded(code: dict[str, bytes], tmp_path: Path) -> None:
    assert "embedded-in-product" not in relations(code, tmp_path)["meta"]


@pytest.mark.parametrize("other", ["models/other.gguf", "tests/llama-2-7b-chat.Q4_K_M.gguf"])
def test_other_weights_and_those_of_tests_are_not_embedded(other: str, tmp_path: Path) -> None:
    assert "embedded-in-product" not in relations({**PYTHON, other: WEIGHTS}, tmp_path)["meta"]


def relations(files: dict[str, bytes], root: Path) -> dict[str, set[str]]:
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return {maker: {made.relation.value for made in found} for maker, found in scan_path(root).makers.items()}
