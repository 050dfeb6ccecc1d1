"""`python -m mewayz.cli` is the `mewayz` command."""

from mewayz.cli import main

if __name__ == "__main__":
    main()
