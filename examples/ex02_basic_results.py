"""Find a result by its id, read all it says, and see which arguments are refused."""

import stage
from django.tasks import task
from django.tasks.exceptions import InvalidTask, TaskResultDoesNotExist


@task
def divide(dividend, divisor):
    return {"whole": dividend // divisor, "rest": dividend % divisor}


def main():
    result_id = divide.enqueue(17, divisor=5).id  # an id is text: keep it in a session or a column

    with stage.queue_process():
        stage.wait_for(divide.get_result(result_id))

    result = divide.get_result(result_id)
    print(f"status       {result.status}")
    print(f"arguments    {result.args} {result.kwargs}")
    print(f"value        {result.return_value}")
    print(f"enqueued at  {result.enqueued_at:%H:%M:%S.%f}")
    print(f"started at   {result.started_at:%H:%M:%S.%f}")
    print(f"finished at  {result.finished_at:%H:%M:%S.%f}")
    print(f"attempts     {result.attempts}, on worker {result.worker_ids[-1]}")
    assert result.return_value == {"whole": 3, "rest": 2}

    try:
        divide.get_result("no such id")
    except TaskResultDoesNotExist:
        print("\nan id that names no job raises TaskResultDoesNotExist")

    # Arguments and results are stored as JSON. What JSON cannot hold is refused at once.
    try:
        divide.enqueue({17}, 5)
    except InvalidTask as refusal:
        print(f"a set is refused: {refusal}")
    else:
        raise AssertionError("the set was not refused")


if __name__ == "__main__":
    stage.play(__file__)
