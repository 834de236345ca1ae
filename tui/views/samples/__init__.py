"""The samples: what the network predicts for each."""
