"""The front end: sources, and the build that makes `dist/` from them."""
