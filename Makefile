SHELL := bash
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
.PHONY: help install install-dev run test test-tools bench soak

help:  ## この一覧
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "python3 が見つかりません。Debian では: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 以上が必要です。"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "venv が使えません。Debian では: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "環境を作れませんでした。"; exit 1; }

.venv/.production: .venv/bin/python requirements.lock
	@$(BIN)/pip install -q --no-deps --require-hashes -r requirements.lock
	@touch $@

.venv/.meaning: .venv/.production matching/engine/meaning.py
	@$(BIN)/flask matcher prepare
	@touch $@

.venv/.development: .venv/.meaning requirements-dev.lock
	@$(BIN)/pip install -q --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

install: .venv/.meaning  ## .venv に固定した依存を入れ、言葉の意味の近さを一度だけ用意する

install-dev: .venv/.development

run: install  ## 見本の都市つきで http://127.0.0.1:8000 を開く（PORT=… で変更）
	@export PORT=$(PORT); $(BIN)/flask db upgrade && $(BIN)/flask demo --if-empty && exec bash .ci/serve

test-tools:
	@bash .ci/test-tools

test: install-dev test-tools  ## すべての検査
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@bash .ci/tests

soak: install-dev test-tools  ## 約束の検査を長く（ROUNDS=200）
	ROUNDS=$${ROUNDS:-200} $(BIN)/python -m pytest -q -m soak

bench: install-dev  ## 引き合わせの質と速さを測り、表にする（SIZES="10000 100000"、LEXICAL=フォルダー で変更）
	@$(BIN)/flask matcher bench $(SIZES:%=--size %) $(if $(LEXICAL),--lexical "$(LEXICAL)")
	@$(BIN)/flask matcher bench-plan
