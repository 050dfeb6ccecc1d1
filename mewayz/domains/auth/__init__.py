"""Auth: signing in and out, sessions, and setting up a new installation."""
