"""Analytics: the shop's figures, read from rollups that are written with each order."""
