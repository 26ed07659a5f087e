"""A conversation as a way in: what somebody says becomes a plan, our own functions carry it out, templates say what they found."""
