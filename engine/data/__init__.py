"""What a network learns from. Read in this order: dataset, toys, files."""
