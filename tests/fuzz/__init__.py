"""Input that no device should send: run by hand in millions, and a share of it in the test suite."""
