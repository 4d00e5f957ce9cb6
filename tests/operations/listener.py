"""A plugin that hears everything: what broadcasts tell and what a wakeup transport is to announce."""

from types import SimpleNamespace

from dj_queue.contract import hookimpl

DJ_QUEUE_CONTRACT = (1, 0)

heard = SimpleNamespace()


def forget():
    vars(heard).update(events=[], enqueued=[], finished=[], retried=[], errors=[], announced=[])


class Announced:
    """Remembers announcements, unless it is told to break."""

    name = "announced"
    hears_every_host = False
    error = None

    def announce(self, queues):
        if self.error is not None:
            raise self.error
        heard.announced.append(sorted(queues))

    def listen(self, selectors):
        return None


transport = Announced()


@hookimpl
def dj_queue_wakeup_transport(database, options):
    return transport


@hookimpl
def dj_queue_event(event):
    heard.events.append(event)


@hookimpl
def dj_queue_job_enqueued(jobs):
    heard.enqueued.append(jobs)


@hookimpl
def dj_queue_job_finished(jobs):
    heard.finished.append(jobs)


@hookimpl
def dj_queue_job_retried(jobs):
    heard.retried.append(jobs)


@hookimpl
def dj_queue_error(process, error, where):
    heard.errors.append((error, where))
