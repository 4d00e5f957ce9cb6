"""A plugin that lives in the project is told of every job that is enqueued and every one that ended."""

import stage
from django.tasks import task
from project.audit import LEDGER


@task(
    backend="audited"
)  # TASKS["audited"]["OPTIONS"] has "plugins": ["project.audit"], see project/settings.py
def buy(what):
    if what == "the moon":
        raise ValueError("not for sale")
    return what


def main():
    with stage.queue_process("--backend", "audited"):
        results = [buy.enqueue("bread"), buy.enqueue("the moon")]
        stage.wait_for(*results)
        # The plugin hears of an outcome after it was recorded, so its ledger is a moment behind the result.
        stage.wait_until(lambda: len(LEDGER.read_text().splitlines()) == 4)

    print("The ledger that project/audit.py kept:")
    for line in LEDGER.read_text().splitlines():
        print(f"  {line}")
    assert "ended with a value" in LEDGER.read_text()
    assert "ended with builtins.ValueError" in LEDGER.read_text()


if __name__ == "__main__":
    stage.play(__file__)
