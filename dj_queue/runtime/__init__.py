"""The processes: a supervisor boots and watches workers, dispatchers and a scheduler."""
