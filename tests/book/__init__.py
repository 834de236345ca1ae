"""Classes as the book "Neural Networks from Scratch" teaches to write them, one file a chapter."""
