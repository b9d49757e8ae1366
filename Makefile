# Every target is a line or two; `make` lists them. Nothing has to be installed by hand but
# Python >= 3.11, Node >= 20, make and git.
PYTHON  ?= python3
ENGINE  ?= hosted
PORT    ?= 4566
SEED    ?= 1
# How much `make load` puts in.
ITEMS   ?= 20000
# One stack, such as SegmentImport, with what it depends on; all of them by default.
PATTERN ?=
# More settings for synth, diff and deploy, such as -c sending=live (stacks/settings.py has all).
CONTEXT ?=

export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = 1
export PYTHONDONTWRITEBYTECODE = 1

VENV   := .venv
PY     := $(VENV)/bin/python
CDK    := node_modules/.bin/cdk
CDKARG := -c engine=$(ENGINE) $(CONTEXT)
STACKS := $(or $(PATTERN),--all)
READY  := $(VENV)/.ready .embedded/venv/.ready node_modules/.ready

.DEFAULT_GOAL := help
.PHONY: help demo test check up down synth diff deploy coverage bench load snapshots lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## (.*)/  make \1|\2/' | column -t -s '|'

demo: $(READY) ## deploy into the embedded AWS, send real traffic, print the balanced ledger (PATTERN=SegmentImport)
	$(PY) -m embedded demo --engine $(ENGINE) --seed $(SEED) --pattern "$(PATTERN)"

test: $(READY) .embedded/oldest-botocore/.ready ## all tests, end-to-end ones included
	$(PY) -m pytest -q -n 2 -m "not e2e"
	$(PY) -m pytest -q -n 2 --dist loadfile -m e2e

check: $(READY) ## lint, format and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/pyright

up: $(READY) ## the embedded AWS, kept running on 127.0.0.1 (PORT=4566, PATTERN=SegmentImport)
	$(PY) -m embedded up --engine $(ENGINE) --port $(PORT) --stacks "$(PATTERN)"

down: $(READY) ## end what `make up` started
	$(PY) -m embedded down

synth: $(READY) ## synthesize the templates for review (ENGINE=hosted or pinpoint)
	timeout 300 $(CDK) synth $(CDKARG) --quiet

diff: $(READY) ## compare with what your AWS account has
	timeout 600 $(CDK) diff $(CDKARG) $(STACKS)

deploy: synth ## deploy one pattern into your AWS account (PATTERN=SegmentImport)
	$(PY) -m tools.deployable $(ENGINE) $(STACKS)
	timeout 3600 $(CDK) deploy --app cdk.out $(STACKS)

coverage: $(READY) ## the Pinpoint API's operations: done or 501
	PYTHONPATH=lambda_src $(PY) -m engine.coverage

bench: $(READY) ## ratios of one run, written to bench/results/
	$(PY) -m bench

load: $(READY) ## many items with faults and duplicates, each count checked (PATTERN=SendMessage ITEMS=20000)
	$(PY) -m bench.load --pattern "$(PATTERN)" --items $(ITEMS) --seed $(SEED)

snapshots: $(READY) ## write the template snapshots anew, to be read before they are committed
	$(PY) -m pytest -q -n 2 tests/infra --snapshot-update

lock: $(READY) ## resolve the dependencies anew: hashed, without download addresses
	for f in requirements/uv requirements/embedded requirements/dev requirements/oldest-botocore lambda_src/requirements; do \
	  (cd $$(dirname $$f) && ../$(VENV)/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header $$(basename $$f).in -o $$(basename $$f).txt); done

clean: ## remove what the targets made
	rm -rf $(VENV) .embedded node_modules cdk.out dist bench/results

# With byte code: no target writes any, and to compile the CDK anew takes each process seconds.
$(VENV)/.ready: requirements/uv.txt requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ": set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(VENV)/bin/uv pip sync --quiet --compile-bytecode --python $(PY) --require-hashes requirements/dev.txt
	$(VENV)/bin/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@touch $@

# Byte code is made here as well, since Lambda workers write none.
.embedded/venv/.ready: requirements/embedded.txt $(VENV)/.ready
	$(VENV)/bin/uv venv --quiet --allow-existing --python $(PY) .embedded/venv
	$(VENV)/bin/uv pip sync --quiet --compile-bytecode --python .embedded/venv/bin/python --require-hashes requirements/embedded.txt
	@touch $@

# A folder to put before the environment's own packages: hosted functions may bring an SDK this old.
.embedded/oldest-botocore/.ready: requirements/oldest-botocore.txt $(VENV)/.ready
	$(VENV)/bin/uv pip sync --quiet --python $(PY) --target .embedded/oldest-botocore --require-hashes requirements/oldest-botocore.txt
	@touch $@

node_modules/.ready: package-lock.json
	npm ci --silent
	@touch $@
