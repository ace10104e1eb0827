# Every target says in its ## line what it does; `make` shows them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test bench faults soak lint contracts release-contract up down clean install-demo install-test
PYTHON := .venv/bin/python
# The kernel ends the demo in order when make itself is killed.
WITH_MAKE := exec setpriv --pdeathsig TERM --

help: ## Show this
	@grep -hE '^[a-z%-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: install-demo ## Play a month of care and leave the page open (EXIT=1: end after the summary; SEED=7; PORT=8080)
	@EXIT='$(EXIT)' SEED='$(SEED)' PORT='$(PORT)' $(WITH_MAKE) $(PYTHON) -m deploy.local.demo

test: lint ## Install what is needed and run every test but the slowest, which `make faults` runs (ARGS='-k name' for some)
	@$(WITH_MAKE) $(PYTHON) -m pytest $(ARGS)

lint: install-test ## Style, types and the walls between the parts
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

faults: install-test ## Kill, cut and fill up everything, restore each service from a backup, and count afterwards
	@$(WITH_MAKE) $(PYTHON) -m pytest tests/faults $(shell grep -l 'mark.slow' tests/integration/*.py) $(ARGS)

soak: install-test ## Do harm by chance under constant load, and count (MINUTES=5; SEED=7 for the same again)
	@MINUTES='$(MINUTES)' SEED='$(SEED)' $(WITH_MAKE) $(PYTHON) -m tests.soak

contracts: install-test ## Write docs/asyncapi.yaml and docs/events/ anew from the catalogue of events
	$(PYTHON) -m contracts

release-contract: install-test ## Keep the contract of this version's events, unless it breaks the last release's
	$(PYTHON) -m contracts release

bench: install-test ## Measure all suites (QUICK=1: under 5 minutes each, else up to 20; FULL=1: audit up to 60)
	@QUICK='$(QUICK)' FULL='$(FULL)' $(WITH_MAKE) $(PYTHON) -m tests.bench

bench-%: install-test ## Measure one suite: events, audit (both beside others of their kind), import, messages, concerns
	@QUICK='$(QUICK)' FULL='$(FULL)' $(WITH_MAKE) $(PYTHON) -m tests.bench $*

up: ## Start the same processes with Docker Compose
	docker compose up --build --detach --wait

down: ## Stop them (their data stay; VOLUMES=1 deletes them)
	docker compose down $(if $(VOLUMES),--volumes)

clean: ## Remove .venv, run/ and every cache
	rm -rf .venv run *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install-demo:
	@deploy/local/install.sh demo

install-test:
	@deploy/local/install.sh test
