"""The manager's pages about what is plugged into the till."""
