"""The thesaurus coordinators keep: equal words and narrower ones. Knows nothing of people or ranks."""
