"""The centre: what all tills have said, in PostgreSQL, and what follows from it."""
