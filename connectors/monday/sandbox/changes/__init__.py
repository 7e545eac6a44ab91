"""Changes: everything that can happen to the world, each leaving the history and the events that the app would."""
