# Everything a newcomer types. Needs Python 3.11 or newer with its venv module, and make.
.DEFAULT_GOAL := help
.PHONY: help demo test check pages lint types layers wheel bench verify-firmware test-deploy test-bluez faults venv requirements clean needs-python

# The first Python that is new enough; else python3, which then says itself why it is not. `make PYTHON=...` overrides.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && exit; done; echo python3)
endif
BIN := .venv/bin
# A real walk for one of the demo's shoppers and real payloads for its strangers, where recordings lie beside the checkout.
WALK := $(wildcard ../shared/data/ble_walks/straight_01_all_sensors.mbd)
ADVERTS := $(wildcard ../shared/data/adverts/adverts.jsonl)
# Folders whose tests measure nothing and share nothing, so both cores may work on them; the others run one by one.
SIDE_BY_SIDE := $(wildcard tests/core tests/contract tests/adapters tests/recordings)
# What is held to milliseconds or seconds has the machine to itself.
export TIMED := tests/flow/test_demo_afternoon.py tests/flow/test_demo_end.py
# Two minutes of requests against head office's whole API: beside the pages, or the flow tests would be waited for.
export FUZZ := tests/flow/test_hq_openapi.py
# `uv pip compile` sees one index, the public one, and writes neither its address nor those of the files.
COMPILE := $(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml requirements/tools.in

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: needs-python ## a shop on this machine, radio and phones simulated; ARGS="--headless --seconds 60 --report FILE"
	@started=$$(date +%s); $(PYTHON) requirements/environment.py demo && \
	REGULARS_STARTED_AT=$$started exec $(BIN)/regulars demo $(WALK:%=--walk %) $(ADVERTS:%=--adverts %) $(ARGS)

test: venv ## every test this machine can run; ARGS="-k presence"
	@$(BIN)/pytest --numprocesses 2 --quiet $(SIDE_BY_SIDE) $(ARGS)
	@$(BIN)/pytest --quiet $(SIDE_BY_SIDE:%=--ignore=%) --ignore=tests/faults $(ARGS)

check: lint types layers ## what CI runs: lint, types, layers, every test, the flow tests on the built wheel
	@$(BIN)/pytest --numprocesses 2 --quiet $(SIDE_BY_SIDE)
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target pages wheel
	@$(BIN)/pytest --quiet $(TIMED)

# The flow tests mostly wait for radio and clocks, so the pages are looked at meanwhile.
pages: venv
	@$(BIN)/pytest --quiet $(SIDE_BY_SIDE:%=--ignore=%) --ignore=tests/flow --ignore=tests/faults
	@$(BIN)/pytest --quiet $(FUZZ)

lint: venv
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: venv
	@$(BIN)/mypy edge hq wire simulator regulars display firmware_config tests $(wildcard benchmarks)

layers: venv
	@$(BIN)/lint-imports --no-cache

wheel: venv ## build the wheel, install it elsewhere, run the flow tests on it
	@.ci/wheel

test-deploy: venv ## deploy/install.sh in a clean Debian under its own systemd, by debootstrap and nspawn; as root. ARGS="--suite trixie"
	@$(BIN)/python -m tests.deploy.run $(ARGS)

verify-firmware: venv ## build the example store's firmware and let ESPHome validate it (its own .venv-esphome)
	@PYTHON=$(PYTHON) .ci/firmware

test-bluez: venv ## the edge's Bluetooth on Debian's kernel and real bluetoothd in QEMU; LONG=1 for more
	@tests/bluez/fetch-kernel && { [ -z "$$LONG" ] || tests/bluez/fetch-bluez; } && $(BIN)/python -m tests.bluez.run $(ARGS)

faults: venv ## kill -9, power cuts, torn lines, full disks, damage, restores; as root for all of it. LONG=1 for more
	@$(BIN)/python -m tests.faults.run $(ARGS)

bench: venv ## every benchmark; bench-NAME runs one. The bars stand in the files, beside their reason
	@missed=0; for file in $(wildcard benchmarks/[a-z]*.py); do \
		echo "$$file" >&2; $(BIN)/python "$$file" $(ARGS) || missed=1; done; exit $$missed

bench-%: venv
	@$(BIN)/python benchmarks/$(subst -,_,$*).py $(ARGS)

venv: needs-python ## .venv with everything for development
	@$(PYTHON) requirements/environment.py dev

requirements: venv ## recompile the hashed pins from pyproject.toml; ARGS="--upgrade"
	@$(COMPILE) --extra dev --output-file requirements/dev.txt $(ARGS)
	@$(COMPILE) --extra demo --constraint requirements/dev.txt --output-file requirements/demo.txt
	@$(COMPILE) --extra postgres --constraint requirements/dev.txt --output-file requirements/postgres.txt
	@$(COMPILE) --constraint requirements/dev.txt --output-file requirements/base.txt
	@$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --no-emit-package crcmod --no-emit-package esptool \
		--no-emit-package paho-mqtt requirements/esphome.in --output-file requirements/esphome.txt
	@$(BIN)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-emit-find-links --no-annotate --no-header --no-emit-package pyric \
		requirements/rivals.in --output-file requirements/rivals.txt
	@! grep -nE '(https?|file):|--(extra-)?index|--find-links' requirements/*.txt \
		|| { echo "An address slipped into the pins (above)." >&2; exit 1; }

clean: ## remove what make made
	rm -rf .venv .venv.lock .venv-esphome .venv-rivals benchmarks/node/node_modules dist build artefacts .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

needs-python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "Regulars needs Python 3.11 or newer and found none: apt install python3 python3-venv." >&2; exit 3; }
