"""The log itself: taken in, given its index, laid down as tiles, signed; its keys, its folder, and its return after a loss."""
