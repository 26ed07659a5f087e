"""Records: composed from their sources, edited, merged, looked up, and put into words."""
