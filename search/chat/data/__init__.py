"""Tables of the conversation; README.md says where each comes from."""
