"""The figures, read from the book: targets, grades, and the way from a figure to what it counts."""
