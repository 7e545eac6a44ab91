"""Changes: each thing that can be done to the world, with the actions and dates it leaves behind."""
