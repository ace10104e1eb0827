"""`python -m services.witness`: the same as `springrain witness`, where nothing else of Springrain is there."""

from services.witness.cli import witness

if __name__ == "__main__":
    witness()
