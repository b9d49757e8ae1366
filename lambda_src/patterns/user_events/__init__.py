"""Events of users, from a queue and a bus: checked, put into the project once, in calls of a hundred."""
