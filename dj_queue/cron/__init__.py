"""Schedules: what a cron expression says, on the wall clock of a time zone."""

from dj_queue.cron.schedule import CronSchedule

__all__ = ["CronSchedule"]
