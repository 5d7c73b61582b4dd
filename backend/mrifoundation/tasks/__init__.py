"""What the command line and the service do with the engine."""
