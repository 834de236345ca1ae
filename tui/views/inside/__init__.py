"""The inside of an operation: the program, what the operation does, and its arrays."""
