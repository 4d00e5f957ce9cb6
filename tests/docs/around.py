"""What pages take for granted, and what is true after all that they show: code for the shell of a page, by its name."""

BEFORE = {
    "docs/how-to/operation.md": """
from dj_queue.api import QueueInfo
from dj_queue.testing import run_jobs
from shop.models import Customer, Order
from shop.tasks import charge, send_reminder

order = Order.objects.create(customer=Customer.objects.get())
for _ in range(2):
    charge.enqueue(order.id)
run_jobs()
Order.objects.filter(id=order.id).update(cents=995)
QueueInfo("email").pause()
send_reminder.using(queue_name="email").enqueue(order.id)
""",
    "docs/how-to/retries.md": """
from dj_queue.testing import run_jobs
from shop.models import Customer, Order
from shop.refunds import refund

failed = [refund.enqueue(number) for number in (71, 72, 73)]
job_id, hopeless_job_id = failed[0].id, failed[1].id
run_jobs()
for number in (71, 72, 73):
    Order.objects.create(id=number, customer=Customer.objects.get(), cents=number)
""",
    "docs/how-to/transactions.md": """
from shop.models import Customer

customer = Customer.objects.get()
photo_ids = [1, 2, 3]
""",
}
AFTER = {
    "docs/how-to/concurrency-keys.md": """
from dj_queue.models import Job
from shop.tasks import file_invoice, rebuild_index, sync_account

kept = [sync_account.enqueue(1), sync_account.enqueue(1, full=True), file_invoice.enqueue({"country": "FR"})]
rebuilt = [rebuild_index.enqueue(), rebuild_index.enqueue()]
keys = Job.objects.order_by("id").values_list("concurrency_key", flat=True)
[key for key in keys if key]  # ['account:1', 'account:1', 'country:FR', 'rebuild index', 'rebuild index']
[Job.objects.get(id=result.id).status for result in rebuilt]  # ['ready', 'discarded']
""",
    "docs/how-to/embedding.md": """
from dj_queue.models import Process

Process.objects.count()  # 0
""",
    "docs/how-to/operation.md": """
from dj_queue.models import Job

list(Job.objects.filter(task_path="shop.tasks.charge").values_list("return_value", flat=True))  # ['9.95', '9.95']
list(Job.objects.filter(queue_name="email").values_list("status", flat=True))  # ['discarded']
""",
    "docs/how-to/plugins.md": """
import logging

from dj_queue.testing import run_jobs
from shop.refunds import refund


class Pager(logging.Handler):
    def emit(self, record):
        heard.append(record.getMessage())

heard = []
logging.getLogger("shop.queueing").addHandler(Pager())
refund.enqueue(1_000)
[run.status.value for run in run_jobs()]  # ['failed']
[line.partition(" of ")[2] for line in heard]  # ['shop.refunds.refund failed: shop.models.Order.DoesNotExist']
""",
    "docs/how-to/queues-and-workers.md": """
from dj_queue.models import Job
from shop.tasks import send_welcome

job = Job.objects.get(id=send_welcome.enqueue(42).id)
(job.queue_name, job.priority)  # ('email', 10)
""",
    "docs/how-to/recurring-tasks.md": """
from datetime import timedelta

from dj_queue.testing import run_jobs

runs = run_jobs(until=timedelta(hours=26))
sorted({run.task_path for run in runs})  # ['shop.tasks.cleanup', 'shop.tasks.fetch_rates']
""",
    "docs/how-to/retries.md": """
from datetime import timedelta

from django.core import mail

from dj_queue.models import Job
from dj_queue.testing import run_jobs
from shop.tasks import charge, poll, send_receipt, transfer, upload

refunds = Job.objects.filter(task_path="shop.refunds.refund").order_by("id")
[job.status for job in refunds]  # ['successful', 'discarded', 'successful']
tried = [charge.enqueue(71), poll.enqueue(71), upload.enqueue("/a"), transfer.enqueue(1, 995)]
tried += [send_receipt.enqueue(71), send_receipt.enqueue(71)]
{run.status.value for run in run_jobs()}  # {'successful'}
[letter.to for letter in mail.outbox]  # [['ada@example.com']]
""",
    "docs/how-to/scheduled-jobs.md": """
result.refresh()
result.status.name  # 'FAILED'
""",
    "docs/how-to/sensitive-arguments.md": """
from dj_queue.testing import run_jobs
from shop.tasks import issue_card

result = issue_card.enqueue(1, pin="4321987")
[run.status.value for run in run_jobs()]  # ['successful']
"4321987" in repr(issue_card.get_result(result.id))  # False
""",
    "docs/how-to/transactions.md": """
for result in results:
    result.refresh()

[result.return_value for result in results]  # [[1, 800], [2, 800], [3, 800]]
from django.core import mail

len(mail.outbox)  # 2
""",
    "docs/reference/hooks.md": """
import contextlib
import io

from dj_queue.runtime.supervisor import AsyncSupervisor

said = io.StringIO()
with contextlib.redirect_stdout(said):
    supervisor = AsyncSupervisor("default", standalone=False)
    supervisor.start()
    supervisor.stop()

"warms its caches" in said.getvalue()  # True
"no more jobs are claimed here" in said.getvalue()  # True
""",
}
ENVIRONMENT = {
    "docs/how-to/database-roles.md": {"QUEUE_DATABASE_USER": "queue_web", "QUEUE_DATABASE_PASSWORD": "hush"},
}
