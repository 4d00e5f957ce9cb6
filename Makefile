# `make` alone explains itself.
.DEFAULT_GOAL := help
.PHONY: help demo test servers faults soak bench check clean

FIND_PYTHON = sh scripts/find_python.sh

help: ## say what there is
	@echo "dj_queue: a task queue for Django in the database you already have"
	@echo
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16
	@echo
	@echo "PYTHON=/path/to/python3.12 names the interpreter; databases: DJ_QUEUE_TEST_POSTGRES_URL, DJ_QUEUE_TEST_MYSQL_URL"

demo: ## see it work on SQLite: from nothing, about two minutes
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/demo.py

test: ## pass every test: finds or starts the databases, then the matrix of Pythons and Djangos
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/test.py $(ARGS)

servers: ## fetch more servers and the newest Python for `make test`: Debian or Ubuntu, as root
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/sid.py

faults: ## bring every fault to every database, and write docs/reliability.md; an hour or so
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/faults.py $(ARGS)

soak: ## an hour of mixed load with faults on each database: does anything grow? ARGS="--minutes 10 postgres"
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/soak.py $(ARGS)

check: ## format, lint, types, layers, and the docs' site below .cache/docs
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/check.py

bench: ## measure speed, latency and idle cost on every database: some minutes
	@python=$$($(FIND_PYTHON)) && "$$python" scripts/bench.py $(ARGS)

clean: ## remove what the other targets made
	rm -rf .venv* .cache dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis examples/.demo
