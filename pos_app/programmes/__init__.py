"""The shipped programme files, each with its rehearsals in a folder of its name."""
