"""The pure core: facts, ledger, rules, slips.

Nothing in this room opens a file, reads a clock or draws a random number: `now` and ids are arguments.
"""
