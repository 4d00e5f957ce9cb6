"""The hook this distribution answers."""

from dj_queue.contract import ConfigLayer, Invocation, hookimpl

DJ_QUEUE_CONTRACT = (1, 0)
RANK = 25
"""Above the YAML file, below the environment and the command line."""


@hookimpl
def dj_queue_config_source(alias: str, invocation: Invocation) -> ConfigLayer | None:
    """What the endpoint of the environment says about this backend alias; None where the environment names none."""
    from dj_queue_http_options.endpoint import read_endpoint

    endpoint = read_endpoint(alias, invocation.environment)
    if endpoint is None:
        return None
    from dj_queue_http_options.source import current_options

    found = current_options(endpoint)
    return ConfigLayer(found.place, RANK, found.values, found.place, ask_again_after=endpoint.every)
