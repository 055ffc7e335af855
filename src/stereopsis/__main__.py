"""python -m stereopsis is the command stereopsis."""

from stereopsis.cli import main

if __name__ == "__main__":
    main()
