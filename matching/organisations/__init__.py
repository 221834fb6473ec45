"""Schools and community groups that ask, and the people who speak for them."""
