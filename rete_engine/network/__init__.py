"""The immutable plan: specs of templates, alpha tests and nodes, shared by all sessions."""
