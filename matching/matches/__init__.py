"""The life cycle of a match: approval, offer, answer, report, completion. Knows no ranking."""
