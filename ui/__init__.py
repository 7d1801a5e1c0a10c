"""The windows of the till: the only room that knows Qt."""
