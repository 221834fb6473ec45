"""What an installation needs to run: the worker, the sample city."""
