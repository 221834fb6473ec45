"""The verbs of a match: offers and answers, reports and counts, history taken over from paper."""
