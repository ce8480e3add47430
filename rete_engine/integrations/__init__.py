"""Rules inside of other frameworks: `langgraph` (extra `langgraph`), and `tool_guard`, for any."""
