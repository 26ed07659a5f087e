"""Tables of finding, with the scripts that derive them."""
