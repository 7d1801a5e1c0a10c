# make run    set up and open the till in the demo shop
# make test   set up and prove everything, headless; ARGS="-k word" is handed to pytest
# make setup  set up alone
# make simulate SEEDS=N [FIRST=K] [PLANT=name]   play so many seeds of many tills and a centre
# make lint   style, types and arrows between rooms
# make bench  measure against the budgets

bin := .venv/bin
jobs ?= 2

.PHONY: run test simulate kill-centre bench-centre setup setup-test lint bench

run: setup
	$(bin)/pos-app till --demo

setup:
	packaging/setup.sh run

setup-test:
	packaging/setup.sh test

lint: setup-test
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports

test: lint
	$(bin)/python -m pytest -n $(jobs) $(ARGS)

simulate: setup-test
	$(bin)/python -m tests.simulation $(or $(SEEDS),200) $(or $(FIRST),1) $(PLANT)

kill-centre: setup-test
	$(bin)/python -m tests.helpers.killed_centre $(or $(MINUTES),10) $(SEED)

bench-centre: setup-test
	$(bin)/python -m tests.bench bench_centre

bench: setup-test
	$(bin)/python -m tests.bench $(ARGS)
