"""Endpoints: their rules, their merge, and the one unit of work that writes them."""
