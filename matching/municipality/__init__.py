"""The city as data (TOML): wards, school districts, programmes and their rules, the plan."""
