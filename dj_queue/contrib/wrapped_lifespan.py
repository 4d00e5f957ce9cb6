"""The lifespan of a wrapped ASGI application, told of one event at a time."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Application = Callable[[Message, Receive, Send], Awaitable[None]]


class WrappedLifespan:
    """Runs the application's lifespan scope beside the server's own."""

    def __init__(self, app: Application, scope: Message) -> None:
        """Begin the scope; called on a running loop."""
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: asyncio.Queue[Message] = asyncio.Queue()
        self._scope = asyncio.ensure_future(app(scope, self._events.get, self._answers.put))

    async def tell(self, event: str) -> Message | None:
        """The application's answer to this event; None from one that raises or returns instead.

        That is how an application says that it knows no lifespan events, Django's own among them.
        """
        await self._events.put({"type": event})
        answer = asyncio.ensure_future(self._answers.get())
        await asyncio.wait({answer, self._scope}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        answer.cancel()
        return None

    async def close(self) -> None:
        """End the scope; what it raises now is of no use to anybody."""
        self._scope.cancel()
        await asyncio.wait({self._scope})
        if not self._scope.cancelled():
            self._scope.exception()
