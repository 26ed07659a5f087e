"""Items: what stands on shelves, how it is labelled, and what its owner allows."""
