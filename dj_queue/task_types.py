"""Django's generic task types as annotations: they are generic for type checkers only, not at run time."""

from typing import Any

from django.tasks import Task, TaskResult

type AnyTask = Task[Any, Any]
type AnyResult = TaskResult[Any, Any]
