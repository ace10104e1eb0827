"""What a handler of the fault tests leaves behind, so that effects can be counted."""

EFFECTS = "effects"
