"""まなびの環: people who learned something, and those who ask for it."""
