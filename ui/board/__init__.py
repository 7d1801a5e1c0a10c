"""The information board of a shop (K4): a full-screen window for a second display, and a poster to print."""
