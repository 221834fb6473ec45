"""What schools and groups ask for, on which dates. Knows nothing of who will come."""
