"""What readers see of finding: the first page, results, a record, the shelves by class, and what the service says of itself."""
