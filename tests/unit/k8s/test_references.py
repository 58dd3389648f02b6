"""Whatever names something names what is there: labels, ports, settings, secrets, keys."""

import pytest

from dev.services import SERVICES
from tests.unit.containers import compose
from tests.unit.docs.test_settings import variables_of
from tests.unit.k8s import objects
from tests.unit.k8s.objects import NAMES, OURS

IN_THE_IMAGE = {"HOST", "PORT", "INTERNAL_PORT"}
OF_OUR_OWN = {"parley", *OURS}
"""Secrets that somebody has to make where no overlay does."""
AUTHORITY = {"postgres-ca": {"ca.crt"}}
"""What the operator CloudNativePG makes beside its Cluster."""


@pytest.mark.parametrize("variant", NAMES)
def test_a_workload_finds_its_own_pods_and_a_service_somebodys(variant):
    for name, workload in objects.workloads(variant).items():
        if workload["kind"] == "Deployment":
            assert objects.selected(variant, workload["spec"]["selector"]) == {name}
    for service in objects.of_kind(variant, "Service"):
        wanted = {"matchLabels": service["spec"]["selector"]}
        assert objects.selected(variant, wanted) == {service["metadata"]["name"]}


@pytest.mark.parametrize("variant", NAMES)
def test_a_budget_and_the_spread_over_nodes_are_of_the_pods_that_they_stand_with(variant):
    for budget in objects.of_kind(variant, "PodDisruptionBudget"):
        found = objects.selected(variant, budget["spec"]["selector"])
        assert found == {budget["metadata"]["name"]}
    for name, workload in objects.workloads(variant).items():
        for spread in objects.pod(workload).get("topologySpreadConstraints", ()):
            assert objects.selected(variant, spread["labelSelector"]) == {name}


@pytest.mark.parametrize("variant", NAMES)
def test_every_port_that_is_named_is_one_of_the_pods(variant):
    for service in objects.of_kind(variant, "Service"):
        workload = objects.workloads(variant)[service["metadata"]["name"]]
        wanted = {port["targetPort"] for port in service["spec"]["ports"]}
        assert wanted <= objects.ports(workload).keys()
        # Nobody but kubelet and Prometheus, who ask each pod by itself, has a way to this one.
        assert "internal" not in wanted
    for workload in objects.workloads(variant).values():
        for container in objects.containers(workload):
            for kind in ("startupProbe", "livenessProbe", "readinessProbe"):
                how = container.get(kind, {})
                asked = how.get("httpGet") or how.get("tcpSocket")
                assert asked is None or asked["port"] in objects.ports(workload)


@pytest.mark.parametrize("variant", NAMES)
def test_whoever_scales_scales_somebody(variant):
    for scaler in objects.of_kind(variant, "HorizontalPodAutoscaler", "ScaledObject"):
        target = scaler["spec"]["scaleTargetRef"]
        assert objects.workloads(variant)[target["name"]]["kind"] == target["kind"]


@pytest.mark.parametrize("variant", NAMES)
def test_prometheus_finds_every_service_by_its_name(variant):
    for monitor in objects.of_kind(variant, "PodMonitor"):
        assert objects.selected(variant, monitor["spec"]["selector"]) == set(OURS)
        # `job` is what rules and dashboards go by.
        assert monitor["spec"]["jobLabel"] == objects.NAME
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        assert (endpoint["port"], endpoint["path"]) == ("internal", "/metrics")


@pytest.mark.parametrize("variant", NAMES)
def test_every_config_map_that_is_named_is_there_under_the_digest_of_what_it_holds(variant):
    there = {each["metadata"]["name"] for each in objects.of_kind(variant, "ConfigMap")}

    named = {
        source["configMapRef"]["name"]
        for workload in objects.workloads(variant).values()
        for container in objects.containers(workload)
        for source in container.get("envFrom", ())
    }

    assert named
    assert named <= there
    assert {name.rpartition("-")[0] for name in named} <= {"parley", *OURS}


@pytest.mark.parametrize("variant", NAMES)
def test_every_secret_and_key_that_is_named_is_there(variant):
    there = secrets(variant)

    for workload in objects.workloads(variant).values():
        for volume in objects.pod(workload)["volumes"]:
            for name, keys in named_in(volume):
                assert name in there
                assert keys <= there[name]


def named_in(volume):
    """Yield each secret of a volume with the keys that are named."""
    for source in volume.get("projected", {}).get("sources", ()):
        yield (
            source["secret"]["name"],
            {item["key"] for item in source["secret"].get("items", ())},
        )
    if "secret" in volume:
        yield volume["secret"]["secretName"], set()


def secrets(variant):
    """Return the keys of each secret: made here, fetched from a vault, or by somebody's hand."""
    found = {
        each["metadata"]["name"]: set(each["data"]) for each in objects.of_kind(variant, "Secret")
    }
    fetching = objects.of_kind(variant, "ExternalSecret")
    for each in fetching:
        found[each["spec"]["target"]["name"]] = {key["secretKey"] for key in each["spec"]["data"]}
    if objects.of_kind(variant, "Cluster"):
        found |= AUTHORITY
    return found or secrets("production")


def test_what_a_vault_has_to_hold_is_what_development_makes():
    made = {
        objects.plain_name(each): set(each["data"]) for each in objects.of_kind("dev", "Secret")
    }

    assert secrets("production") == {name: made[name] for name in OF_OUR_OWN}


@pytest.mark.parametrize("service", OURS)
@pytest.mark.parametrize("variant", NAMES)
def test_a_file_that_a_setting_names_is_a_key_of_what_is_mounted(variant, service):
    workload = objects.workloads(variant)[service]
    mounted = set().union(
        *(
            secrets(variant)[name]
            for volume in objects.pod(workload)["volumes"]
            for name, _ in named_in(volume)
        )
    )
    files = {
        value for key, value in objects.settings(variant, service).items() if key.endswith("_FILE")
    }

    # An authority is named by an address of a database, and by no variable.
    assert files == {f"/run/secrets/{key}" for key in mounted - set().union(*AUTHORITY.values())}


@pytest.mark.parametrize("name", [*OURS, "migrate"])
def test_who_asks_the_database_of_an_operator_knows_its_authority(name):
    volumes = objects.pod(objects.workloads("cloudnative-pg")[name])["volumes"]
    with_secrets = [volume for volume in volumes if "projected" in volume]

    (item,) = (
        item
        for source in with_secrets[0]["projected"]["sources"]
        if source["secret"]["name"] == "postgres-ca"
        for item in source["secret"]["items"]
    )
    assert item == {"key": "ca.crt", "path": "postgres_ca"}
    assert all("postgres-ca" in [name for name, _ in named_in(volume)] for volume in with_secrets)


@pytest.mark.parametrize("variant", NAMES)
def test_while_nothing_is_known_nobody_is_sent_away(variant):
    for scaler in objects.of_kind(variant, "ScaledObject"):
        assert scaler["spec"]["fallback"]["behavior"] == "currentReplicasIfHigher"


@pytest.mark.parametrize("service", OURS)
@pytest.mark.parametrize("variant", NAMES)
def test_a_service_gets_only_what_it_reads_and_all_that_it_needs(variant, service):
    known = variables_of(service)
    given = {name.removesuffix("_FILE") for name in objects.settings(variant, service)}

    assert {name for name, default in known.items() if default == "required"} <= (
        given | IN_THE_IMAGE
    )
    assert given <= known.keys()


@pytest.mark.parametrize("variant", NAMES)
def test_only_who_signs_has_the_key_for_it_and_only_who_pushes_has_the_other(variant):
    with_key = {
        name for name in OURS if "TOKEN_SIGNING_KEY_FILE" in objects.settings(variant, name)
    }
    pushing = {name for name in OURS if "VAPID_PRIVATE_KEY_FILE" in objects.settings(variant, name)}

    assert with_key == {service.name for service in SERVICES if service.signs_tokens}
    assert pushing == {service.name for service in SERVICES if service.pushes}


@pytest.mark.parametrize("variant", NAMES)
def test_only_development_is_development(variant):
    for service in OURS:
        given = objects.settings(variant, service)
        origins = given.get("ALLOWED_ORIGINS", "https://").split(",")

        assert given["DEVELOPMENT"] == str(variant.startswith("dev")).lower()
        assert all(origin.startswith("http://") for origin in origins) == (
            variant.startswith("dev") and "ALLOWED_ORIGINS" in given
        )


@pytest.mark.parametrize("service", OURS)
@pytest.mark.parametrize("variant", NAMES)
def test_a_pod_waits_for_the_migrations_of_its_own_service(variant, service):
    (waiting,) = objects.pod(objects.workloads(variant)[service])["initContainers"]
    serving = objects.serving(objects.workloads(variant)[service])

    assert serving["command"] == ["python", "-m", f"services.{service}"]
    assert f" services.{service} migrate --check\n" in waiting["command"][-1]
    for same in ("image", "envFrom", "volumeMounts"):
        assert waiting[same] == serving[same]


def test_migrations_of_every_service_run_with_its_settings_and_its_role():
    job = objects.workloads("production")["migrate"]
    running = {each["name"]: each for each in objects.containers(job)}
    volumes = {each["name"]: each for each in objects.pod(job)["volumes"]}

    assert running.keys() == set(OURS)
    for service, container in running.items():
        serving = objects.serving(objects.workloads("production")[service])
        (secrets_of_pod,) = (
            volume
            for volume in objects.pod(objects.workloads("production")[service])["volumes"]
            if volume["name"] == "secrets"
        )
        assert container["command"] == [*serving["command"], "migrate", "--no-input"]
        assert container["envFrom"] == serving["envFrom"]
        assert volumes[service]["projected"] == secrets_of_pod["projected"]


def test_in_development_the_job_gets_what_it_reads():
    container = objects.serving(objects.workloads("dev")["migrate"])
    given = {each["name"]: each["value"] for each in container["env"]}
    (volume,) = (
        each
        for each in objects.pod(objects.workloads("dev")["migrate"])["volumes"]
        if each["name"] == "secrets"
    )
    mounted = {
        f"/run/secrets/{item['path']}"
        for source in volume["projected"]["sources"]
        for item in source["secret"]["items"]
    }

    assert given == compose.services()["migrate"]["environment"]
    assert set(given.values()) == mounted
