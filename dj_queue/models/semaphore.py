"""The semaphore: the row that is locked while jobs of one concurrency key are counted and let in."""

from django.db import models

from dj_queue.contract.printable import printable
from dj_queue.models.fields import UTCDateTimeField
from dj_queue.models.job import HASH_LENGTH

LONGEST_SHOWN = 200


class Semaphore(models.Model):
    """One concurrency key in use. It holds no counter: taken slots are counted from the jobs themselves."""

    key_hash = models.CharField(max_length=HASH_LENGTH, primary_key=True)
    key = models.TextField()
    limit = models.IntegerField()
    used_at = UTCDateTimeField()

    class Meta:
        db_table = "dj_queue_semaphore"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return printable(self.key[:LONGEST_SHOWN])
