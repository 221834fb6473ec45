"""From rows to the engine's values and back: the index, candidates with their gates, evaluation."""
