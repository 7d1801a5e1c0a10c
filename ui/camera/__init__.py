"""The camera in the till's windows: what it reads, how it is, and what it sees."""
