"""Pages that span packages: the landing page, my page, the coordinator's inbox."""
