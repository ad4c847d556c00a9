# Two commands on a fresh machine: `make demo` and `make test`. `make help` lists the rest.
PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
WORKERS ?= 2
PIP     := $(BIN)/python -m pip --disable-pip-version-check

# Nothing that is run here reports to the makers of onnxruntime.
export ORT_DISABLE_TELEMETRY := 1

.PHONY: help demo test lint types imports pytest faults quality loop injection onboarding canaries bench models chart revision lock clean

help: ## list what can be made
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# A stamp a lock file: what is installed is what is locked, and installing again costs nothing.
$(VENV)/.runtime: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Deskmate needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.runtime
	$(PIP) install --quiet --require-hashes --only-binary :all: -r requirements-test.lock
	@touch $@

demo: $(VENV)/.runtime ## answer two questions from the sample handbook, then serve the playground
	$(BIN)/deskmate demo $(if $(ONCE),--once) $(if $(PORT),--port $(PORT))

test: lint types imports pytest ## everything that is checked before a change lands

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

imports: $(VENV)/.test
	$(BIN)/lint-imports --no-cache

pytest: models
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term:skip-covered

models: $(VENV)/.test ## the weights that tests use
	$(BIN)/deskmate models pull e5-small use-multilingual smollm2-135m qwen2.5-coder-0.5b

faults: $(VENV)/.test ## 3,000 events, ten kills, by HTTP, by sockets, with two replicas: nothing lost or answered twice
	$(BIN)/python -m tests.faults.run
	$(BIN)/python -m tests.faults.run --transport socket
	$(BIN)/python -m tests.faults.run --database postgresql --replicas 2
	$(BIN)/python -m tests.faults.fuzz

quality: $(VENV)/.test ## the figures of docs/explanation/quality.md, again
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.quality

loop: $(VENV)/.test ## does every round of questions teach the bot something, and break nothing?
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.loop --check --out build/loop.json

injection: $(VENV)/.test ## are orders planted in pages, or asked outright, followed?
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.injection

onboarding: $(VENV)/.test ## 500 new colleagues in virtual time: everybody is told everything once
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.onboarding --out build/onboarding.json

canaries: $(VENV)/.test ## 100,000 questions in random organisations: nobody sees what is not theirs
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.canaries --questions 100000 --seed 1 --out build/canaries.json
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.canaries_timing

bench: $(VENV)/.test ## speed and memory, written to bench.json
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench --out bench.json

chart: $(VENV)/.test ## what of the Helm chart is generated: values, their schema, their page
	$(BIN)/python -m helm.values_schema

revision: $(VENV)/.test ## a new revision of the tables, NAME="what changes"
	$(BIN)/python -m tests.revision "$(NAME)"

lock: ## choose new versions of every dependency (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate \
		--extra build --extra test pyproject.toml -o requirements-test.lock

clean: ## forget what was built; downloaded weights stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache build dist *.egg-info
