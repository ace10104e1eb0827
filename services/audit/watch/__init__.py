"""What watches over the log: is it whole, complete, undamaged, and do all sources still speak."""
