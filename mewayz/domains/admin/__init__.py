"""The admin room: set-up, demo data, the installation itself."""
