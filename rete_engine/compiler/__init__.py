"""From declarations to the network: passes that are plain functions."""
