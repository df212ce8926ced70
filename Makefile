# Every target works in a checkout whose path has a space in it: paths are relative,
# and tools are called as modules because a console script's first line cannot hold a space.

PYTHON ?= python3
UV_VERSION := 0.13.9
PY := .venv/bin/python
STAMP := .venv/stamp
CLIENTS := .venv/clients
APART := .venv/apart
COVERED := src/remit/canonical.py,src/remit/terms/*,src/remit/ledger/*,src/remit/attest/verify.py

# The stamp holds the folder it was made in. When that is not here, or Python itself has gone, setup starts anew.
SOUND := $(shell test "$$(cat $(STAMP) 2>/dev/null)" = "$$(pwd)" && $(PY) -c '' 2>/dev/null && echo yes)

.DEFAULT_GOAL := help
.PHONY: help setup up test test-deep lint check format picture bench corpus cover lock clean anew

help: ## Print the targets.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: $(STAMP) ## Make .venv with everything the project needs.
	@:

# A stamp out of date means an update in place, under those who are using it; a missing one means a half-made
# .venv, which is thrown away.
$(STAMP): requirements.lock pyproject.toml $(if $(SOUND),,anew)
	@test -n "$(SOUND)" || { echo "Making .venv"; $(PYTHON) -m venv --clear .venv; }
	@$(PY) -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(PY) -m uv pip install --quiet --no-config --python $(PY) --require-hashes -r requirements.lock
	@$(PY) -m uv pip install --quiet --no-config --python $(PY) --no-deps --no-build-isolation --editable .
	@pwd > $(STAMP)
	@echo "Ready: $(PY) -m remit --help"

anew:

up: setup ## Check the example against its terms.
	@$(PY) -m remit check examples/harbour --at 2026-09-01T12:00:00Z; code=$$?; \
	case $$code in 0|10|11) exit 0;; *) exit $$code;; esac

test: setup ## Run the tests.
	@$(PY) -m pytest -n 2

test-deep: setup $(CLIENTS) $(APART) ## Run the property tests, the fuzzer, the faults and the real agents at length.
	@HYPOTHESIS_PROFILE=deep $(PY) -m pytest -n 2 -m "hypothesis or deep"

# Agents' libraries, in a folder of their own: one of them would have every test run load a plugin of pytest's.
$(CLIENTS): requirements-clients.lock
	@$(PY) -m uv pip install --quiet --no-config --python $(PY) --require-hashes --target $@ -r $<
	@touch $@

# litellm, which pins an older library of OpenAI's than ours, and the fuzzer; found there by the tests that need them.
$(APART): requirements-apart.lock
	@$(PY) -m uv pip install --quiet --no-config --python $(PY) --require-hashes --target $@ -r $<
	@touch $@

lint: setup ## Format, lint, types, floors and spelling, without the tests.
	@$(PY) -m ruff format --check --quiet --output-format concise || { echo "Some files are not formatted: make format"; exit 1; }
	@$(PY) -m ruff check --quiet
	@$(PY) -m mypy --no-error-summary
	@said=$$($(PY) -c 'from importlinter.cli import lint_imports_command as run; run()') || { echo "$$said"; exit 1; }
	@.venv/bin/typos
	@echo "Format, lint, types, floors and spelling: nothing to mend."

check: lint test ## Everything a change must pass.

format: setup ## Format, and mend what ruff can mend.
	@$(PY) -m ruff format
	@$(PY) -m ruff check --fix --quiet

picture: setup ## Draw the picture in the README anew.
	@$(PY) docs/picture/draw.py

bench: setup ## Run every benchmark and print ratios.
	@printf '%-40s%15s%15s%10s\n' '' ours reference ratio
	@for script in $$(grep -l __main__ bench/*.py); do $(PY) -m bench.$$(basename "$$script" .py) || exit 1; done
	@$(PY) -m bench.corpus

corpus: setup ## Clone the labelled public repositories into .corpus, scan them and print how accurate the scan is.
	@$(PY) -m bench.corpus --fetch

cover: setup ## Run the tests and print what they missed; the floors that must miss nothing fail if they do.
	@$(PY) -m pytest -n 2 --cov --cov-report=term-missing
	@$(PY) -m coverage report --fail-under=100 --include='$(COVERED)'

lock: setup ## Resolve the dependencies anew, with hashes and without addresses.
	@$(PY) -m uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --extra all --group dev $(LOCK_FLAGS) \
	  --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	@$(PY) -m uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --group pyproject.toml:clients --constraints requirements.lock \
	  $(LOCK_FLAGS) --custom-compile-command "make lock" --output-file requirements-clients.lock
	@$(PY) -m uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --group pyproject.toml:apart \
	  $(LOCK_FLAGS) --custom-compile-command "make lock" --output-file requirements-apart.lock

clean: ## Remove everything that was made.
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* dist
	@find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
