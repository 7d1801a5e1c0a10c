"""Conversations of tills with their centre, written down as they were in some version, to be played again for ever."""
