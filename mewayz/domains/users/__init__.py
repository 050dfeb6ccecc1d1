"""Users: the people who may sign in, with role, plan and status."""
