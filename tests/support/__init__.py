"""What the tests need around the application: a database cluster, a browser."""
