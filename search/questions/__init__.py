"""Questions that readers handed over to the staff: asked in the conversation, answered by people, and not kept for long."""
