"""What follows a scan: where the copy goes next, what was changed by it, and taking that back."""
