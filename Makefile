# make run [SCAN=path] [PROMPTS="a; b"]   segment a scan by text through a backend of its own, write everything under out/
# make serve                              the backend for 3D Slicer on 127.0.0.1:8765; Ctrl-C stops it
# make web [SCAN=path]                    the browser face on 127.0.0.1:8766, for those without 3D Slicer
# make test, make lint                    all tests; ruff's checks and format
# make pictures                           docs/images anew, with the weights that ship
# make lock, make sbom, make licences     deploy/: the locked versions with hashes and for all platforms without, what they are (CycloneDX),
#                                         under which licences
# make audit                              known weaknesses of the locked versions (asks pypi.org)
# make wheel                              dist/: byte for byte the same from the same commit
# make clean                              remove what these wrote; the environment in .venv stays
#
# WORKERS=... how many processes share the tests (one more than there are cores, at most 4: they often wait for what they start)
# PYTHON=...  the Python to build .venv with (3.11 to 3.13)
# TORCH=...   what to give pip for PyTorch, e.g. TORCH="torch --index-url https://download.pytorch.org/whl/cpu"

SHELL := /bin/bash
TORCH ?= torch==2.13.0
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))
PYTHON ?= $(shell for python in python3 python3.12 python3.13 python3.11; do \
	"$$python" -c "$(FITS)" 2>/dev/null && echo "$$python" && break; done)

WORKERS ?= $(shell "$(PYTHON)" -c "import os; print((os.cpu_count() or 1) + 1)" 2>/dev/null || echo logical)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
PICTURE := QT_QPA_PLATFORM=offscreen $(BIN)/python Testing/slicer/screenshot.py docs/images --sections

.PHONY: help run serve web web-environment test lint pictures lock sbom licences audit wheel clean

help:
	@sed -n '/^#/!q; s/^# \?//p' Makefile

run: .venv/.ready
	$(BIN)/mrifoundation run $(if $(SCAN),--scan "$(SCAN)") $(if $(PROMPTS),--prompts "$(PROMPTS)") --out out

serve: .venv/.ready
	$(BIN)/mrifoundation serve --host 127.0.0.1 --port 8765

web: .venv/.ready web-environment
	$(BIN)/mrifoundation web $(if $(SCAN),"$(SCAN)")

web-environment: .venv-web/.ready

# Side by side, each file's tests in one process; one thread each, or they wait for each other's.
test: export OMP_NUM_THREADS = 1
test: .venv/.ready-to-test
	$(BIN)/python -m pytest Testing -q --numprocesses $(WORKERS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: .venv/.ready-to-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

pictures: .venv/.ready-to-test web-environment
	$(BIN)/python Testing/slicer/simulated_archive.py build/archive
	$(PICTURE) backend
	$(PICTURE) segment
	$(PICTURE) contour correct
	$(PICTURE) report
	$(PICTURE) classify
	$(PICTURE) similar compare --library build/archive/volumes.csv
	$(BIN)/python Testing/web/screenshot.py docs/images

LOCK := deploy/requirements-linux-cpu.txt
CONSTRAINTS := deploy/constraints.txt
CPU_TORCH ?= --torch-backend cpu
UV_COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --generate-hashes --no-annotate --no-emit-find-links --no-emit-index-url \
	--python-version 3.11 --python-platform x86_64-manylinux_2_28 --custom-compile-command "make lock"

lock: .venv/.ready-for-supply
	@mkdir -p build
	$(BIN)/python -m pip freeze --exclude-editable | grep -v ' @ ' > build/tested.txt
	$(UV_COMPILE) $(CPU_TORCH) --constraint build/tested.txt --output-file $(LOCK)
	@sed -n '/^#/p' $(CONSTRAINTS) > build/constraints.txt
	@sed -n '/^setuptools==/d; s/^\([A-Za-z0-9._-]*==[^ +;]*\).*/\1/p' $(LOCK) | sed 's/^torch==/torch<=/' >> build/constraints.txt
	@mv build/constraints.txt $(CONSTRAINTS)

sbom: .venv/.ready-for-supply
	$(BIN)/cyclonedx-py requirements $(LOCK) --pyproject pyproject.toml --output-reproducible --of JSON -o deploy/sbom.cdx.json

licences: .venv/.ready-for-supply
	$(BIN)/pip-licenses --python $(BIN)/python --format markdown --order name --with-system --output-file deploy/licences.md \
		--packages $$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' $(LOCK))

audit: .venv/.ready-for-supply
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r $(LOCK)

wheel: .venv/.ready
	umask 022; SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:
	rm -rf out build dist *.egg-info .pytest_cache .ruff_cache
	find MRIFoundation backend training Testing -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is written last, so that a set-up that was cut short is taken up again.
.venv/.ready: pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "MRIFoundation needs Python 3.11, 3.12 or 3.13: install one, or name it with make PYTHON=/path/to/python." >&2; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv
	@echo "Installing PyTorch into .venv; the first time this takes a few minutes."
	@$(PIP) $(TORCH) || { echo "$(TORCH) cannot be had here; taking torch>=2.6." >&2; $(PIP) "torch>=2.6"; }
	@echo "Installing MRIFoundation and what it needs."
	@$(PIP) -e .
	@touch $@

# What `web` needs comes from pyproject.toml; the package itself goes without its dependencies, torch among them.
WEB_NEEDS := import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["web"], sep="\n")
.venv-web/.ready: pyproject.toml
	@[ -n "$(PYTHON)" ] || { echo "MRIFoundation needs Python 3.11, 3.12 or 3.13: name it with make PYTHON=/path/to/python." >&2; exit 1; }
	@[ -x .venv-web/bin/python ] || $(PYTHON) -m venv .venv-web
	@echo "Installing what the browser face needs into .venv-web."
	@$(PYTHON) -c '$(WEB_NEEDS)' > .venv-web/needs.txt
	@.venv-web/bin/python -m pip --disable-pip-version-check install --quiet -r .venv-web/needs.txt
	@.venv-web/bin/python -m pip --disable-pip-version-check install --quiet --no-deps -e .
	@touch $@

.venv/.ready-to-test: .venv/.ready
	@echo "Installing what the tests need."
	@$(PIP) -e ".[test]" || { \
		echo "Slicer's wheels cannot be had for this Python or platform; tests of the panel will be skipped." >&2; \
		$(PIP) pytest httpx ruff; }
	@touch $@

.venv/.ready-for-supply: .venv/.ready
	@$(PIP) -e ".[supply]"
	@touch $@
