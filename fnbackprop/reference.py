"""The rules' names, differentiated by JAX: for forward mode, and to be compared with."""
