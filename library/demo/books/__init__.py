"""What the made-up ward's libraries own: real titles in invented editions, as records and as copies on shelves."""
