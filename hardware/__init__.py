"""Devices: bytes in, events out. Each foreign library lives in exactly one module of this room."""
