"""One module for each kind of resource, or for kinds that behave alike."""
