"""A share of the random messages of `tests.fuzz.scanners`; docs/scanning.md tells how to run a million."""

from tests.fuzz import scanners


def test_no_message_harms_what_reads_codes() -> None:
    figures = scanners.run(8000)
    assert figures.codes > 2000
    assert figures.grown_kb < 2048
