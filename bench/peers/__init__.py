"""What Mewayz is compared with."""
