"""Pure matching: values in, values out. Knows no Flask, no database and no clock."""
