"""Browser tests on the production build."""
