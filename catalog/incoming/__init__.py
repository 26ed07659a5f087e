"""Files that come in: runs with their position, batches, rejects, and who sent them."""
