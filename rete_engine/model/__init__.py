"""What a rule set says: declarations, conditions and actions, each with its place."""
