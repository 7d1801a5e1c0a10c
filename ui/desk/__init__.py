"""The desk in the till's window: members join, cards are seen to, accounts are told. Loaded when it is asked for."""
