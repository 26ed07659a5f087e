"""Questions that readers handed over to the staff: asked in the conversation, answered by people, deleted a month after."""
