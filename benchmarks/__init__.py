"""Speed of rete_engine beside other rule engines: `python -m benchmarks`.

Each file in `workloads/` is one workload; `docs/performance.md` tells what is measured and how.
"""
