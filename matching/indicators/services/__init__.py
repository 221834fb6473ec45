"""The verbs: set a target, note a survey's value, review a year and close it."""
