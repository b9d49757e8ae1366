"""Checks a file of endpoints row by row, imports the good rows, reports on all."""
