"""The queue inside an ASGI server: started and stopped with the application's lifespan."""

import asyncio
import logging
from typing import TYPE_CHECKING

from dj_queue.contrib.wrapped_lifespan import Application, Message, Receive, Send, WrappedLifespan

if TYPE_CHECKING:
    from dj_queue.runtime.supervisor import AsyncSupervisor

logger = logging.getLogger("dj_queue.asgi")

STARTUP = "lifespan.startup"
SHUTDOWN = "lifespan.shutdown"


class DjQueueLifespan:
    """Wraps an ASGI application; runs an embedded supervisor while the server serves.

    An application that handles lifespan events itself (Starlette, FastAPI) gets them too: the queue starts
    after its startup and stops before its shutdown. One that does not, such as Django's own, is left alone.
    """

    def __init__(
        self, app: Application, *, backend_alias: str = "default", forward_wrapped_lifespan: bool = True
    ) -> None:
        """Wrap `app` and run the queue of this backend alias; without forwarding, lifespan events end here."""
        self.app = app
        self.backend_alias = backend_alias
        self.forward_wrapped_lifespan = forward_wrapped_lifespan
        self.supervisor: AsyncSupervisor | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one scope."""
        if scope["type"] != "lifespan":
            await self.app(scope, receive, send)
            return
        wrapped = WrappedLifespan(self.app if self.forward_wrapped_lifespan else _nothing, scope)
        try:
            await self._serve_lifespan(wrapped, receive, send)
        finally:
            await self._stop()
            await wrapped.close()

    async def _serve_lifespan(self, wrapped: WrappedLifespan, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == STARTUP:
                await send(await self._start_up(wrapped))
            elif message["type"] == SHUTDOWN:
                await self._stop()
                await send(await wrapped.tell(SHUTDOWN) or {"type": f"{SHUTDOWN}.complete"})
                return

    async def _start_up(self, wrapped: WrappedLifespan) -> Message:
        answer = await wrapped.tell(STARTUP)
        if answer is not None and answer["type"] != f"{STARTUP}.complete":
            return answer
        try:
            await self._start()
        except Exception as error:
            logger.exception("the queue could not be started in this server")
            await wrapped.tell(SHUTDOWN)
            return {"type": f"{STARTUP}.failed", "message": str(error)}
        return answer or {"type": f"{STARTUP}.complete"}

    async def _start(self) -> None:
        # An asgi.py imports this module before Django is set up; the runtime needs its models.
        from dj_queue.runtime.supervisor import AsyncSupervisor

        if self.supervisor is None:
            supervisor = await asyncio.to_thread(AsyncSupervisor, self.backend_alias, standalone=False)
            await asyncio.to_thread(supervisor.start)
            self.supervisor = supervisor

    async def _stop(self) -> None:
        supervisor, self.supervisor = self.supervisor, None
        if supervisor is not None:
            await asyncio.to_thread(supervisor.stop)


async def _nothing(scope: Message, receive: Receive, send: Send) -> None:
    """An application without a lifespan."""
