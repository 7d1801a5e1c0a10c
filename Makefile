# make run    set up and open the till in the demo shop
# make test   set up and prove everything, headless; ARGS="-k word" is handed to pytest
# make setup  set up alone
# make simulate SEEDS=N [FIRST=K] [PLANT=name]   play so many seeds of many tills and a centre
# make lint   style, types and arrows between rooms
# make bench  measure against the budgets
# make printer-days  300 random days of a printer in trouble, and a million messages from one; about twenty minutes
# make bench-decode  what is read from cards in N presentations, or from pictures with their texts in folders of DIR

bin := .venv/bin
jobs ?= 2

N ?= 100

.PHONY: run test simulate kill-centre bench-centre setup setup-test lint bench printer-days bench-decode

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
	$(bin)/python -m pytest -n $(jobs) --dist worksteal $(ARGS)

simulate: setup-test
	$(bin)/python -m tests.simulation $(or $(SEEDS),200) $(or $(FIRST),1) $(PLANT)

kill-centre: setup-test
	$(bin)/python -m tests.helpers.killed_centre $(or $(MINUTES),10) $(SEED)

bench-centre: setup-test
	$(bin)/python -m tests.bench bench_centre

bench: setup-test
	$(bin)/python -m tests.bench $(ARGS)

printer-days: setup-test
	PRINTER_DAYS=300 PRINTER_MESSAGES=1000000 $(bin)/python -m pytest -s tests/integration/test_printer_days.py \
		tests/property/test_printer_fuzz.py

bench-decode: setup-test
	OPENBLAS_NUM_THREADS=1 $(bin)/python -m tests.bench.decode_table --presentations $(N) $(if $(DIR),--dir $(DIR)) $(ARGS)
