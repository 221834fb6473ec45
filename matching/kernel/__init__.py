"""What every package shares and none owns: database, clock, errors, permissions, audit, outbox, forms."""
