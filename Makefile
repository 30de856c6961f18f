# `make up` and `make test` do everything, set-up included; `make help` explains the rest. CONTRIBUTING.md says when to use which.

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
# Tests to run on their own. Only those below tests/unit need no programs.
T ?=
TEST_NEEDS = $(if $(T),$(if $(filter-out tests/unit%,$(filter tests%,$(T))),programs-with-languages,setup),programs-with-languages lint test-unit test-e2e)
# Replaces the file $2 with what the command $1 prints, and leaves it alone where that fails.
write = $1 > $2.new && mv $2.new $2 || { rm -f $2.new; exit 1; }

# Named after what it was made from: a changed lock or pyproject.toml sets up again.
READY := $(VENV)/.ready-$(shell cat requirements/dev.txt pyproject.toml | cksum | tr ' ' -)

help: ## list the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile
	@printf '%s\n' '' 'Every target sets up what it needs first. Examples:' \
	  '  make test T=tests/unit/policies          the tests of one folder' \
	  '  make test T="tests/unit -k external_id"  the tests with this in their names' \
	  '  make test T=tests/e2e/test_probe.py      end-to-end tests, in a sandbox of their own' \
	  '  make up STACK=dev                        deploy another stack: its Pulumi.<STACK>.yaml must exist' \
	  '  make lint PYTHON=/path/to/python3.13     choose the Python that the environment is made with'

# The clients that benchmarks compare with, in an environment of their own.
PEERS := .peers-$(shell cksum < requirements/benchmarks.txt | tr ' ' -)

##@ See it work
up: programs ## bring up the sandbox, deploy the stack (STACK=dev) and probe every integration
	$(PY) -m sandbox up --detach
	$(PY) -m sandbox run -- pulumi stack select --create $(STACK)
	$(PY) -m sandbox run -- eks-access resume --unlock --stack $(STACK)
	$(PY) -m sandbox run -- pulumi up --yes --suppress-outputs --stack $(STACK)
	$(PY) -m sandbox run -- eks-access probe --stack $(STACK)

sandbox-status: setup ## show what of the sandbox is running
	$(PY) -m sandbox status

down: ## stop the sandbox
	@if [ -e "$${EKS_ACCESS_SANDBOX:-.sandbox}" ]; then $(PY) -m sandbox down; else echo "no sandbox to stop"; fi

##@ Check a change
test: $(TEST_NEEDS) ## run all that CI checks; with T=tests/unit/cli only these tests, and what they need
	$(if $(T),$(PY) -m pytest $(T))

test-unit: setup ## run the tests that need no sandbox
	$(PY) -m pytest tests/unit -n auto

# Half of their time they wait. Each worker has a sandbox of its own, with three clusters, which takes 2 GB.
test-e2e: programs-with-languages ## run the tests against sandboxes of their own (E2E_WORKERS=2)
	$(PY) -m pytest tests/e2e -n $(E2E_WORKERS) --dist loadfile

# What is checked, and how strictly, is in pyproject.toml.
lint: setup ## check formatting, lint and types, as CI and the pre-commit hook do
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

review: programs ## evaluate the policy pack, and show whose access changes since BASE=main (STACK=dev)
	$(if $(IN),$(PY) -m sandbox up --detach)
	$(if $(IN),$(IN) pulumi stack select --create $(STACK))
# A violated rule (1) is not hidden by what the review could not determine (3).
	@failed=0; \
	$(IN) pulumi preview --suppress-outputs --suppress-progress --policy-pack policies \
	  $(if $(ACCEPTED),--policy-pack-config $(ACCEPTED)) --stack $(STACK) || failed=1; \
	$(IN) eks-access review --stack $(STACK) --since $(BASE) \
	  --python-path components --python-path probe --python-path policies --python-path inventory --python-path cli --python-path . $(REVIEW) || { \
	  code=$$?; { [ $$failed -eq 1 ] && [ $$code -eq 3 ]; } || failed=$$code; \
	}; \
	exit $$failed

##@ Write
format: setup ## format the code, and mend what lint can mend by itself
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

docs: setup ## write all that is generated: JSON schemas, tables of rules, the provider's schema
	@for name in custom environment inventory offboard report; do \
	  $(call write,$(BIN)/eks-access schema $$name,docs/schema/$$name.json); \
	done
	$(PY) -m eks_access_policies.report.docs docs/policies
	$(PY) -m tests.unit.components.provider.test_schema

aws-policies: setup ## renew the documents of AWS's managed policies
	$(PY) policies/refresh_aws_policies.py policies/eks_access_policies/iam/aws_policies.gz

lock: ## renew the locks in requirements/ from pyproject.toml and the .in files
	@PYTHON="$(PYTHON)" VENV=$(VENV) sh requirements/lock.sh

##@ Measure
test-mutation: programs ## show for every expectation a mutation that fails it (a quarter of an hour)
	$(PY) -m pytest tests/mutation -s

bench: programs $(PEERS) ## compare the collector with other clients (some minutes)
	$(PY) -m benchmarks.collector --peers $(PEERS)/bin/python

$(PEERS): requirements/benchmarks.txt
	@PYTHON="$(PYTHON)" VENV=$@ sh requirements/peers.sh

##@ Clean up
clean: down ## stop the sandbox and remove all that make wrote here
	rm -rf $(VENV) .peers-* .sandbox build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "kept: the built programs in $${XDG_CACHE_HOME:-$$HOME/.cache}/eks-access, which every checkout uses"

setup: $(READY)

$(READY): requirements/dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" VENV=$(VENV) BESIDE="$(BESIDE)" sh requirements/setup.sh
	@rm -f $(VENV)/.ready-*
	@touch $@

# On a new machine they are built while pip installs.
programs: BESIDE := sandbox.programs
programs: setup
	$(PY) -m sandbox.programs

# Language hosts that only the tests use.
programs-with-languages: BESIDE := sandbox.programs --languages
programs-with-languages: setup
	$(PY) -m sandbox.programs --languages

.PHONY: help up review test test-unit test-e2e test-mutation bench lint format docs aws-policies sandbox-status down clean lock setup programs programs-with-languages
