"""The append-only book of counts. Knows only plain values: no row of another package."""
