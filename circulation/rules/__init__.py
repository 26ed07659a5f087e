"""The rules of lending, pure: states and next steps, policies, due dates, refusals."""
