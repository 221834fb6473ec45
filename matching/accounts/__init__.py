"""Who signs in, with which roles, and what ends a sign-in. Knows nothing of what they do here."""
