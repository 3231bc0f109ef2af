# Each target sets up all it needs by itself; `make help` lists them.
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
PYTEST_WORKERS ?= 2
FUZZ_S ?= 60

# Two stamps, so that `make demo` need not wait for the tools of the tests.
CORE := $(VENV)/.installed-core
DEV := $(VENV)/.installed-dev

$(CORE): pyproject.toml .ci/venv
	@.ci/venv $(VENV)
	@touch $@

$(DEV): pyproject.toml .ci/venv
	@.ci/venv $(VENV) test,lint
	@touch $@ $(CORE)

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: $(CORE) ## Show the whole path at work: emulated board, recording, twitches, report
	@$(BIN)/fasciscope demo

.PHONY: app
app: $(CORE) ## Open the page to record, review and compare in
	@.ci/venv $(VENV) app
	@$(BIN)/fasciscope app

.PHONY: lint
lint: $(DEV) ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: test
test: $(DEV) ## Check style and types, then run every test
	@firmware/install-toolchain.sh
	@.ci/install-browser
	@# the detector is compiled once, beside the checks, and not by every test that needs it first
	@$(BIN)/python -c 'from fasciscope.live import warm_up; warm_up()' & \
		$(MAKE) --no-print-directory lint; status=$$?; wait; exit $$status
	MPLBACKEND=Agg $(BIN)/pytest -q -m "not soak" -n $(PYTEST_WORKERS) --dist worksteal

.PHONY: soak
soak: $(DEV) ## Run the long tests: half an hour of device time, kills, a million bad frames
	MPLBACKEND=Agg $(BIN)/pytest -q -m soak

.PHONY: fuzz
fuzz: $(DEV) ## Look for input that breaks a reader, FUZZ_S seconds each
	@.ci/venv $(VENV) test,lint,fuzz
	@set -e; for target in frames recording table summary; do \
		echo "== $$target"; $(BIN)/python tests/fuzz/run.py $$target $(FUZZ_S); \
	done

.PHONY: bench
bench: $(DEV) ## Measure speed and latency (benchmarks/README.md has more)
	$(BIN)/python benchmarks/bench_speed.py
	$(BIN)/python benchmarks/bench_latency.py

.PHONY: clean
clean: ## Remove the environment and every cache; recordings and demo folders stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests benchmarks recordings -name __pycache__ -type d -prune -exec rm -rf {} +
