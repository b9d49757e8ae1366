"""Keeps a project's endpoints as another system knows them: in order of versions, a hundred a call."""
