"""Source texts, places in them, diagnostics with their codes, and the exceptions."""
