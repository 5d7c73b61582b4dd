"""The same service in several processes behind one address, on this computer or on a Ray cluster (extra `cluster`).

Ray Serve starts the replicas, replaces those that end, and takes every request with one key to the same replica, so that what a person
sent, asked for and drew is where the next request arrives. What they share is on disk: uploads, encodings by content hash, contours,
taught structures, the library and the audit trail. Jobs live in the memory of their replica.
"""

import logging
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mrifoundation.errors import InputError
from mrifoundation.library.sources.dicomweb_hosts import speak_only_to_listed
from mrifoundation.server import logs, tracing
from mrifoundation.server.app import create_app
from mrifoundation.server.backend import load_engine
from mrifoundation.server.forgetting import forget
from mrifoundation.server.key import service_key
from mrifoundation.server.keys import KeyRing, default_keys_file
from mrifoundation.server.retention import use_private_temporary_folder

NAME = "mrifoundation"
KEEP_ALIVE = 300  # seconds; a client that pauses between two prompts must find its connection still open
MOST_REQUESTS = 1000  # at once in a replica; most of them wait for a job and cost nothing
ROUTER = "ray.serve.experimental.consistent_hash_router.ConsistentHashRouter"
RAY_READS = {  # when it is imported, here and in its processes
    "RAY_SERVE_SESSION_ID_HEADER_KEY": "authorization",  # the key decides which replica answers
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",  # on a busy computer a process takes its time to start
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported to anybody
}
QUIET = {"enable_access_log": False, "log_level": "ERROR"}  # an access log would hold addresses
NEEDS_RAY = "Several replicas need Ray; install it with pip install 'mrifoundation[cluster]', or leave --replicas out."
NO_RAY = (
    "Ray could not be started, or the cluster of RAY_ADDRESS does not answer ({}); leave --replicas out to do without."
)


@dataclass(frozen=True)
class ReplicaSettings:
    """What each replica makes its service of; everything else is in the environment, the same on every computer.

    names: Host names it answers to.
    """

    weights: Path | None
    device: str
    key_file: Path | None
    names: frozenset[str]
    log: str


class Replica:
    """One process of the service."""

    def __init__(self, settings: ReplicaSettings):
        use_private_temporary_folder()
        speak_only_to_listed()
        logs.set_up(settings.log)
        tracing.set_up()
        keys = KeyRing(service_key(settings.key_file), default_keys_file())
        load = partial(load_engine, settings.weights, settings.device)
        self._service = create_app(load, keys, settings.names, alone=False, forget_everywhere=_forget_in_all)

    def __serve_build_asgi_app__(self) -> Any:
        return self._service

    async def forget(self, traces: Collection[str], scans: Collection[str]) -> None:
        await forget(self._service, traces, scans)


@dataclass(frozen=True)
class Replicas:
    """How many, and how many cores (threads) each has; of an own Ray these are shared out."""

    count: int
    cores: int

    @contextmanager
    def serving(self, settings: ReplicaSettings, host: str, port: int, **tls: str) -> Iterator[None]:
        """They answer at `host`:`port` until the block is left. The cluster is the one that $RAY_ADDRESS names, else one on this computer
        for as long. tls: `ssl_certfile` and `ssl_keyfile`, or neither. Raises InputError without Ray, or when it cannot be started."""
        ray = _ray()
        own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": self.count * self.cores}
        os.umask(0o077)  # what Ray writes is for this user only, as all else
        try:
            ray.init(include_dashboard=False, namespace=NAME, logging_level="ERROR", **own)
            self._deploy(ray, settings, host, port, tls)
        except Exception as error:  # Ray raises plain exceptions
            ray.shutdown()
            raise InputError(NO_RAY.format(type(error).__name__)) from error
        try:
            yield
        finally:
            ray.serve.shutdown()
            ray.shutdown()

    def _deploy(self, ray: Any, settings: ReplicaSettings, host: str, port: int, tls: dict[str, str]) -> None:
        from ray.serve.config import HTTPOptions, RequestRouterConfig

        logging.getLogger("ray.serve").setLevel(logging.ERROR)
        ray.serve.start(
            http_options=HTTPOptions(host=host, port=port, keep_alive_timeout_s=KEEP_ALIVE, **tls), logging_config=QUIET
        )
        gpu = settings.device != "cpu" and ray.cluster_resources().get("GPU", 0) >= self.count
        always_the_same = RequestRouterConfig(
            request_router_class=ROUTER, request_router_kwargs={"num_fallback_replicas": 0}
        )
        deployment = ray.serve.deployment(
            ray.serve.ingress()(Replica),
            name=NAME,
            num_replicas=self.count,
            max_ongoing_requests=MOST_REQUESTS,
            ray_actor_options={"num_cpus": self.cores, "num_gpus": int(gpu)},
            request_router_config=always_the_same,
            logging_config=QUIET,
        )
        ray.serve.run(deployment.bind(settings), name=NAME)


def _ray() -> Any:
    for name, value in RAY_READS.items():
        os.environ.setdefault(name, value)
    if not os.environ.get("RAY_ADDRESS"):
        # Its ports are open to the network, and who may speak to them may run anything.
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    try:
        import ray
        import ray.serve
    except ImportError:
        raise InputError(NEEDS_RAY) from None
    return ray


async def _forget_in_all(traces: Collection[str], scans: Collection[str]) -> None:
    from ray import serve

    told = serve.get_deployment_handle(NAME, NAME).broadcast("forget", sorted(traces), sorted(scans))
    await told.results_async()
