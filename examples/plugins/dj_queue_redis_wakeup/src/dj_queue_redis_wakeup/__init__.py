"""Wakes the idle workers of dj-queue through Redis: a hint by publish and subscribe, and nothing else."""
