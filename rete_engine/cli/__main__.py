"""`python -m rete_engine.cli` is `rete`."""

from rete_engine.cli import main

if __name__ == "__main__":
    main()
