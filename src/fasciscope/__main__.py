"""``python -m fasciscope``: the command line, where the script is not on the PATH."""

from fasciscope.cli.main import run

if __name__ == "__main__":
    run()
