"""What a run and its clients say to each other: events, commands, and how they travel."""
