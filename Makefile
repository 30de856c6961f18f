# `make up` and `make test` do everything, set-up included; `make help` lists the rest.

.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV   := .venv
BIN    := $(VENV)/bin
PY     := $(BIN)/python
STACK  ?= dev
BASE   ?= main
E2E_WORKERS ?= 2
# The sandbox, unless a backend is given.
IN      = $(if $(PULUMI_BACKEND_URL),,$(PY) -m sandbox run --)
# What is accepted in the stack: the pack's configuration for it, where there is one.
ACCEPTED = $(wildcard policies/$(STACK).json)
SOURCES = $(wildcard __main__.py components/eks_access probe/eks_access_probe policies/eks_access_policies cli/eks_access_cli sandbox tests benchmarks)

# Named after what it was made from: a changed lock or pyproject.toml sets up again.
READY := $(VENV)/.ready-$(shell cat requirements/dev.txt pyproject.toml | cksum | tr ' ' -)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

# The clients that benchmarks compare with, in an environment of their own.
PEERS := .peers-$(shell cksum < requirements/benchmarks.txt | tr ' ' -)

up: programs ## bring up the sandbox, deploy the stack (STACK=dev) and probe every integration
	$(PY) -m sandbox up --detach
	$(PY) -m sandbox run -- pulumi stack select --create $(STACK)
	$(PY) -m sandbox run -- eks-access resume --unlock --stack $(STACK)
	$(PY) -m sandbox run -- pulumi up --yes --suppress-outputs --stack $(STACK)
	$(PY) -m sandbox run -- eks-access probe --stack $(STACK)

review: programs ## judge the stack by the pack, and say whose access changes since BASE=main (STACK=dev)
	$(if $(IN),$(PY) -m sandbox up --detach)
	$(if $(IN),$(IN) pulumi stack select --create $(STACK))
	@failed=0; \
	$(IN) pulumi preview --suppress-outputs --suppress-progress --policy-pack policies \
	  $(if $(ACCEPTED),--policy-pack-config $(ACCEPTED)) --stack $(STACK) || failed=1; \
	$(IN) eks-access review --stack $(STACK) --since $(BASE) \
	  --python-path components --python-path probe --python-path policies --python-path cli --python-path . $(REVIEW) || failed=$$?; \
	exit $$failed

test: programs lint test-unit test-e2e ## everything that CI checks

test-unit: setup ## the tests that need no sandbox
	$(PY) -m pytest tests/unit -n auto

# Half of their time they wait. Each worker has a sandbox of its own, with three clusters, which takes 2 GB.
test-e2e: programs ## the tests that run against sandboxes of their own (E2E_WORKERS=2)
	$(PY) -m pytest tests/e2e -n $(E2E_WORKERS) --dist loadfile

bench: programs $(PEERS) ## measure the collector against other clients (some minutes)
	$(PY) -m benchmarks.collector --peers $(PEERS)/bin/python

$(PEERS): requirements/benchmarks.txt
	@PYTHON="$(PYTHON)" VENV=$@ sh requirements/peers.sh

test-mutation: programs ## every expectation of every vendor by a mutation that must turn it: a quarter of an hour
	$(PY) -m pytest tests/mutation -s

lint: setup ## formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(SOURCES)

sandbox-status: setup ## what of the sandbox is running
	$(PY) -m sandbox status

down: ## stop the sandbox
	@if [ -e "$${EKS_ACCESS_SANDBOX:-.sandbox}" ]; then $(PY) -m sandbox down; else echo "no sandbox to stop"; fi

clean: down ## stop the sandbox and remove what was made here
	rm -rf $(VENV) .peers-* .sandbox build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "kept: the built programs in $${XDG_CACHE_HOME:-$$HOME/.cache}/eks-access, which every checkout uses"

lock: ## renew the locks in requirements/ from pyproject.toml and the .in files
	@PYTHON="$(PYTHON)" VENV=$(VENV) sh requirements/lock.sh

setup: $(READY)

$(READY): requirements/dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" VENV=$(VENV) sh requirements/setup.sh
	@rm -f $(VENV)/.ready-*
	@touch $@

programs: setup
	$(PY) -m sandbox.programs

.PHONY: help up review test test-unit test-e2e test-mutation bench lint sandbox-status down clean lock setup programs
