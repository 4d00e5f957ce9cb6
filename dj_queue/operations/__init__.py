"""Every state change of a job, and of what stands around it: the only place where a status is written."""
