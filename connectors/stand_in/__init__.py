"""What every stand-in for an app is made of: a clock to move, a server on loopback, answers that break off."""
