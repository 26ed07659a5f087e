"""The staff: who works here in which role, the pages for it, and the audit trail as administrators read it."""
