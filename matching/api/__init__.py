"""Public JSON and open data, without a name or a contact. Its document: `/api/v1/openapi.json`."""
