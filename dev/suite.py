"""The whole suite: brought up in order, watched, taken down in the opposite order.

PostgreSQL and Valkey first, then databases and migrations, the services, the gateway. `Suite.run`
blocks; `request_stop` and `hurry` may be called from another thread at any time.
"""

import dataclasses
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from functools import partial

from dev import demo, gateway, ports
from dev.crew import Crew
from dev.data_servers import STATUS_OK, DataServers, DataServersStarter
from dev.errors import CannotStart
from dev.keys import load_secrets
from dev.log import Log
from dev.process import Program, StopRequested
from dev.rolling import RollingRestart
from dev.services import SERVICES, Service, Surroundings, origins_of, service_environment
from dev.settings import NGINX, Settings
from dev.state import SuiteState, forget_state, write_state

READY = 200
ROLLED = "chat"
"""The service whose processes are restarted on request: its clients notice a restart."""
DRAINED_WITHIN_S = 30
"""How long one of them may take to end, unless ``STOP_WITHIN_S`` says otherwise."""
MIGRATE = ("migrate", "--no-input", "--verbosity=0")


class Suite:
    """One run of the suite, in a run folder that the caller owns."""

    def __init__(
        self, settings: Settings, *, log: Log, services: Sequence[Service] = SERVICES
    ) -> None:
        self._settings = settings
        self._services = services
        self._log = log
        self._crew = Crew(settings.run_dir, log=log, on_change=self._publish)
        self._state: SuiteState | None = None
        self._state_lock = threading.Lock()
        self._used_ports: set[int] = set()
        self._rolling = RollingRestart(
            stop=self._crew.stopping,
            drain_within_s=float(settings.inherited.get("STOP_WITHIN_S", DRAINED_WITHIN_S)),
            log=log,
        )

    def request_stop(self) -> None:
        """Let ``run`` take everything down and return, also while it is still starting."""
        self._crew.stopping.set()

    def request_restart(self) -> None:
        """Let the processes of chat be restarted one by one, once everything is up."""
        with self._state_lock:
            is_up = self._state is not None
        if is_up:
            self._rolling.begin(self._crew.of(ROLLED))
        else:
            self._log.note("nothing is restarted before everything is up")

    def hurry(self) -> None:
        """Shorten every wait of the way down; what does not end is killed."""
        self._crew.hurrying.set()

    def run(self) -> None:
        """Bring everything up, keep it up until a stop is requested, take it down.

        Raises:
            CannotStart: something did not come up; what did is down again.
        """
        began_s = time.monotonic()
        try:
            url = self._bring_up()
            self._log.note(f"everything is up after {time.monotonic() - began_s:.1f} s")
            self._log.announce(self._welcome(url))
            self._crew.stopping.wait()
            self._log.note("stopping")
        except StopRequested:
            self._log.note("stopping before everything was up")
        finally:
            self._take_down()
        self._log.note("everything is stopped")

    def _bring_up(self) -> str:
        port = self._choose_port()
        data = self._start_data_servers()
        around = Surroundings(
            secrets=load_secrets(self._settings.run_dir),
            redis_url=data.redis.services,
            database_urls=data.database_urls,
            origins=(*origins_of(port), *self._settings.origins),
            inherited=self._settings.inherited,
        )
        self._crew.together([partial(self._migrate, service, around) for service in self._services])
        programs = {service.name: self._plan(service, around) for service in self._services}
        self._start([program for group in programs.values() for program in group])
        self._start([self._plan_gateway(port, programs)])
        if self._settings.demo:
            self._start_demo(around.origins[0])
        self._begin_state(gateway_url=around.origins[0], data=data)
        return around.origins[0]

    def _choose_port(self) -> int:
        port = self._settings.port
        if port == 0:
            return self._free_port()
        ports.check_free(port)
        self._used_ports.add(port)
        return port

    def _free_port(self) -> int:
        port = ports.free_port(avoid=self._used_ports)
        self._used_ports.add(port)
        return port

    def _start_data_servers(self) -> DataServers:
        starter = DataServersStarter(
            settings=self._settings,
            services=self._services,
            secrets=load_secrets(self._settings.run_dir),
            crew=self._crew,
            log=self._log,
            free_port=self._free_port,
        )
        began_s = time.monotonic()
        data = starter.start()
        self._log.note(f"databases are ready ({time.monotonic() - began_s:.1f} s)")
        return data

    def _start(self, programs: Sequence[Program]) -> None:
        began_s = time.monotonic()
        self._crew.start_floor(programs)
        names = ", ".join(program.name for program in programs)
        self._log.note(f"{names} ready ({time.monotonic() - began_s:.1f} s)")

    def _migrate(self, service: Service, around: Surroundings) -> None:
        began_s = time.monotonic()
        program = self._service_program(service, around, name=service.name, arguments=MIGRATE)
        if self._crew.run_once(program) != STATUS_OK:
            raise CannotStart(f"The migrations of {service.name} failed; see its lines above.")
        self._log.note(f"{service.name} is migrated ({time.monotonic() - began_s:.1f} s)")

    def _plan(self, service: Service, around: Surroundings) -> list[Program]:
        count = self._settings.processes.get(service.name, 1)
        names = [service.name] if count == 1 else [f"{service.name}-{n + 1}" for n in range(count)]
        return [self._service_program(service, around, name=name) for name in names]

    def _service_program(
        self, service: Service, around: Surroundings, *, name: str, arguments: Sequence[str] = ()
    ) -> Program:
        port, internal_port = self._free_port(), self._free_port()
        return Program(
            name=name,
            service=service.name,
            command=service.command(*arguments),
            environment=service_environment(
                service, around, port=port, internal_port=internal_port
            ),
            port=port,
            internal_port=internal_port,
            # Whoever stops the suite does not wait for a drain. A migration has none.
            stop_signal=signal.SIGTERM if arguments else signal.SIGINT,
            is_ready=lambda: gateway.http_status(internal_port, "/readyz") == READY,
        )

    def _plan_gateway(self, port: int, programs: Mapping[str, Sequence[Program]]) -> Program:
        plan = gateway.gateway_program
        if self._settings.gateway == NGINX:
            # `make up` installs what renders manifests only for this.
            from dev.k8s.ingress import nginx_program as plan
        return plan(
            self._settings.run_dir,
            port=port,
            services=self._services,
            ports={name: [program.port for program in group] for name, group in programs.items()},
        )

    def _start_demo(self, url: str) -> None:
        began_s = time.monotonic()
        seed, company = (
            demo.demo_program(part, url=url, inherited=self._settings.inherited)
            for part in (demo.SEED, demo.COMPANY)
        )
        if self._crew.run_once(seed) != STATUS_OK:
            raise CannotStart("The demo could not be set up; see its lines above.")
        self._log.note(f"the demo is set up ({time.monotonic() - began_s:.1f} s)")
        self._start([company])

    def _welcome(self, url: str) -> str:
        ready = f"Parley is ready: {url}  (Ctrl-C stops it)"
        return f"{ready}\n{demo.INVITATION}" if self._settings.demo else ready

    def _begin_state(self, *, gateway_url: str, data: DataServers) -> None:
        with self._state_lock:
            self._state = SuiteState(
                gateway_url=gateway_url,
                redis_url=data.redis.administrator,
                redis_services_url=data.redis.services,
                redis_push_url=data.redis.push,
                database_admin_url=data.database_admin_url,
                database_urls=data.database_urls,
            )
        self._publish()

    def _publish(self) -> None:
        with self._state_lock:
            if self._state is not None:
                state = dataclasses.replace(self._state, processes=self._crew.living())
                write_state(self._settings.run_dir, state)

    def _take_down(self) -> None:
        with self._state_lock:
            self._state = None
            forget_state(self._settings.run_dir)
        self._crew.stopping.set()
        self._rolling.join()
        self._crew.take_down()
