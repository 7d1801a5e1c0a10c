"""The checkout's window and its panels."""
