"""Many tills and a centre in one thread: everything that can go wrong goes wrong by a seed, and in the end all agree.

`python -m tests.simulation` plays seeds, `world` is what happens in one, `checks` what must hold after it, `plants`
the faults that it has to find.
"""
