"""The loyalty-card till of a consumer cooperative."""

__version__ = "0.1.0"
