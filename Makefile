SHELL := bash
PYTHON ?= python3
BIN := .venv/bin
.PHONY: help install install-dev test

help:  ## この一覧
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "python3 が見つかりません。Debian では: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 以上が必要です。"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "venv が作れません。Debian では: apt-get install python3-venv"; exit 1; }

.venv/.production: .venv/bin/python requirements.lock
	@$(BIN)/pip install -q --no-deps --require-hashes -r requirements.lock
	@touch $@

.venv/.development: .venv/.production requirements-dev.lock
	@$(BIN)/pip install -q --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

install: .venv/.production  ## .venv に固定した依存を入れる

install-dev: .venv/.development

test: install-dev  ## すべての検査
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q
