"""What finds out that something was lost, and has it told again: bindings, holes, day counts, silence, restored databases."""
