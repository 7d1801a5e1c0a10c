# make run    set up and open the till in the demo shop
# make test   set up and prove everything, headless; ARGS="-k word" is handed to pytest
# make setup  set up alone
# make lint   style, types and arrows between rooms
# make bench  measure against the budgets

bin := .venv/bin
jobs ?= 2

.PHONY: run test setup setup-test lint bench

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

bench: setup-test
	$(bin)/python -m tests.bench $(ARGS)
