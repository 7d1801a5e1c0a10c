"""What takes the basket's place for a moment: searches, the board, returns, number pads."""
