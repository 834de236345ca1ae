"""A trainer that others watch and steer."""
