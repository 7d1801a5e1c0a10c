"""What leaves the till for the world: notices by e-mail and SMS, sent once."""
