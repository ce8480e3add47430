"""The live network under one session: memories, nodes, agenda and the recognise-act loop."""
