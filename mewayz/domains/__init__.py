"""The rooms: one package per business noun."""
