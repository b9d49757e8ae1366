"""The embedded AWS: ministack on this machine, plus the services and the strictness that it lacks."""
