"""What a reader asks for: the words, the filters around them, and the order in which answers come."""
