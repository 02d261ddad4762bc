PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.fairlead-setup

.PHONY: setup test check demo peers test-peer compat-kustomize compat-traces compat-flux bench-journey fuzz format clean compat-helm

setup: $(STAMP)

$(STAMP): requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@# pip's own script loads re, which takes longer than rendering a chart
	printf '#!%s\nimport sys\n\nfrom fairlead.cli.main import main\n\nif __name__ == "__main__":\n    sys.exit(main())\n' "$(abspath $(BIN))/python" > $(BIN)/fairlead
	$(BIN)/python -m compileall -q src  # commands start at once, also where Python may not write bytecode
	touch $@

test: setup
	$(BIN)/python -m pytest -n 2

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

demo: setup
	$(BIN)/fairlead demo

# Compare our rendering with the real helm's over a folder of charts: make compat-helm CHARTS=DIR
compat-helm: setup
	$(BIN)/python -m fairlead.testing.compat_helm $(or $(CHARTS),$(if $(FAIRLEAD_SHARED),$(FAIRLEAD_SHARED)/fixtures/charts,examples))

peers:
	peers/build .peers helm helm-render kustomize govc vcsim etcd kube-apiserver clusterctl capi-core capi-topology

test-peer: setup
	$(BIN)/python -m pytest -W "default::pytest.PytestUnraisableExceptionWarning" tests/peer  # a peer may hang up late

compat-kustomize: setup
	$(BIN)/python -m fairlead.testing.compat_kustomize --kustomize .peers/kustomize $(or $(FOLDER),examples)

bench-journey: setup
	$(BIN)/python bench/journey.py $(ARGS)

# Where recordings of real controllers lie, when TRACES does not say it; they are too large for this repository.
recordings = $(if $(FAIRLEAD_SHARED),$(FAIRLEAD_SHARED)/fixtures/$(1),$(error name the folder of recordings: make $(2) TRACES=DIR))

compat-traces: setup
	$(BIN)/python -m fairlead.testing.compat_traces $(or $(TRACES),$(call recordings,traces,$@))

compat-flux: setup
	$(BIN)/python -m fairlead.testing.compat_flux $(or $(TRACES),$(call recordings,traces/flux,$@))

# Fuzz the engines, steered by coverage: make fuzz [TARGETS="yaml-in cel"] [SECONDS=120] [SEED=1]; findings in .fuzz/
fuzz: $(VENV)/.fairlead-fuzz
	$(BIN)/python -m fairlead.testing.fuzz $(TARGETS) --seconds $(or $(SECONDS),120) --seed $(or $(SEED),1)

$(VENV)/.fairlead-fuzz: $(STAMP) requirements/fuzz.txt
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/fuzz.txt
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
