"""What every Springrain service stands on. Knows no service."""
