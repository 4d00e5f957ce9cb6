"""Queue names: one verdict for every database, and names that differ pick different jobs on each."""

import enum
from uuid import uuid4

import pytest
from django.tasks.exceptions import InvalidTask
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.contract import Selector
from dj_queue.contract.names import MAX_QUEUE_NAME, check_queue_name
from dj_queue.models import Job
from dj_queue.operations.claim import claim
from tests.project.tasks import add


class Queue(enum.StrEnum):
    EMAIL = "email"


class TextQueue(str, enum.Enum):  # noqa: UP042 - its str() differs from its text
    REPORTS = "reports"


ALLOWED = [
    "e",
    "E",
    "é",
    "e\u0301",
    "ß",
    "ss",
    "email",
    "Email",
    "e mail",
    "e%",
    "e_",
    "e\\",
    "e'\"`;--",
    "😀",
    "\u202e",
    "\uff45",
    "x" * MAX_QUEUE_NAME,
    "😀" * MAX_QUEUE_NAME,
]
REFUSED = {
    "": "is empty",
    "x" * 129: "has 129 characters; 128 are allowed",
    "mail ": "begins or ends with white space",
    " mail": "begins or ends with white space",
    "mail\u3000": "begins or ends with white space",
    "*": "has a '*', which is for selectors",
    "email*": "has a '*', which is for selectors",
    "a\0b": "has control characters or half characters",
    "a\nb": "has control characters or half characters",
    "a\x7f": "has control characters or half characters",
    "a\ud800": "has control characters or half characters",
}


@given(name=st.text(st.characters(), max_size=140))
def test_any_text_is_given_back_or_refused_in_printable_words(name):
    try:
        assert check_queue_name(name) == name
    except ValueError as error:
        assert str(error).isprintable()
    else:
        assert 0 < len(name) <= MAX_QUEUE_NAME
        assert name.encode()
        assert not {"*", "\0"} & {*name}


@pytest.mark.parametrize("name", [3, None, b"email", ["email"], True])
def test_name_is_a_string(name):
    with pytest.raises(ValueError, match="is not a string"):
        check_queue_name(name)


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_refused_name_is_told_why(name, words):
    with pytest.raises(ValueError) as refused:
        check_queue_name(name)

    assert words in str(refused.value)


@pytest.mark.fault(53)
@pytest.mark.parametrize("name", REFUSED)
def test_refused_name_is_refused_on_every_database_before_any_row(on, jobs, name):
    with pytest.raises(InvalidTask):
        on(add, queue_name=name).enqueue(1, 1)

    assert jobs.count() == 0


@pytest.mark.fault(53)
def test_every_allowed_name_is_a_queue_of_its_own_on_every_database(on, services, jobs):
    mine = {name: on(add, queue_name=name).enqueue(1, 1).id for name in ALLOWED}

    for name, job_id in mine.items():
        [stored] = jobs.filter(queue_name=name)
        assert (stored.queue_name, str(stored.id)) == (name, job_id)
        assert [str(job.id) for job in claim(services, [Selector(name)], 10, uuid4())] == [job_id]


def test_many_jobs_are_enqueued_under_the_text_of_a_member(on, jobs):
    names = [TextQueue.REPORTS, "reports"] * 60
    on(add).get_backend().enqueue_all([(on(add, queue_name=name), (1, 1), {}) for name in names])
    assert set(jobs.values_list("queue_name", flat=True)) == {"reports"}


def test_name_of_an_enum_is_stored_as_its_text(on, services):
    on(add, queue_name=Queue.EMAIL).enqueue(1, 1)

    [stored] = Job.objects.using(services.database.alias).all()
    assert stored.queue_name == "email"
