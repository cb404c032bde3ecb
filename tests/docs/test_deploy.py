"""The files of Docker, compose and Kubernetes against the code that they run. Needs neither Docker nor a cluster."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from lieu.platform import platform
from shared.kernel.broker_users import as_configuration
from shared.kernel.settings import Settings
from shared.language.services import SERVICES
from tests.places import ROOT

COMPOSE = ROOT / "docker-compose.yml"
DEVELOPMENT = ROOT / "deploy" / "compose" / "development.yaml"
K8S = ROOT / "deploy" / "k8s"
SETTINGS = {str(field.alias): field for field in Settings.model_fields.values()}
NEEDED = {name for name, field in SETTINGS.items() if field.is_required()}


def _compose() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return services


def _manifests() -> list[dict[str, Any]]:
    return [part for file in sorted(K8S.glob("*.yaml")) for part in yaml.safe_load_all(file.read_text())]


def _of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {part["metadata"]["name"]: part for part in _manifests() if part["kind"] == kind}


def _container(of: dict[str, Any]) -> dict[str, Any]:
    (container,) = of["spec"]["template"]["spec"]["containers"]
    return dict(container)


def _everywhere(found: object, key: str) -> Iterator[Any]:
    if isinstance(found, dict):
        if key in found:
            yield found[key]
        for inner in found.values():
            yield from _everywhere(inner, key)
    elif isinstance(found, list):
        for inner in found:
            yield from _everywhere(inner, key)


def _environments() -> dict[str, dict[str, dict[str, str]]]:
    """What each service is told, by place and service; a value from a secret stands as the secret's name."""
    kustomization = next(part for part in _manifests() if part["kind"] == "Kustomization")
    literals = next(of["literals"] for of in kustomization["configMapGenerator"] if of["name"] == "settings")
    common = dict(literal.split("=", 1) for literal in literals)
    deployments = _of_kind("Deployment")
    return {
        "compose": {name: _compose()[name]["environment"] for name in SERVICES},
        "k8s": {
            name: common
            | {
                entry["name"]: entry.get("value") or entry["valueFrom"]["secretKeyRef"]["name"]
                for part in ("every-service", name)
                for entry in _container(deployments[part]).get("env", [])
            }
            for name in SERVICES
        },
    }


@pytest.mark.parametrize("place", ["compose", "k8s"])
def test_every_service_has_what_it_needs_and_no_setting_is_unknown(place: str) -> None:
    for service, environment in _environments()[place].items():
        told = {name for name in environment if name.startswith(("LIEU_", "OTEL_"))}
        assert told <= SETTINGS.keys() | {"LIEU_PORT"}, service
        assert told >= NEEDED | {"LIEU_DATABASE_OWNER_URL"}, service
        assert ("LIEU_KEYS_MASTER" in told) == (service != "reporting"), "the master key is for who keeps personal data"
        assert ("LIEU_IMPORT_SECRET" in told) == (service != "reporting"), "the import secret is for who imports"
    given = {of.get("LIEU_IMPORT_SECRET") for name, of in _environments()[place].items() if name != "reporting"}
    assert len(given) == 1, "one secret for all four"


@pytest.mark.parametrize("place", ["compose", "k8s"])
def test_every_service_has_a_database_of_its_own_and_its_two_roles(place: str) -> None:
    for service, environment in _environments()[place].items():
        for setting, role in (("LIEU_DATABASE_URL", service), ("LIEU_DATABASE_OWNER_URL", f"{service}_owner")):
            assert re.fullmatch(rf"postgresql://{role}:\$\S+@[\w-]+/{service}(\?\S+)?", environment[setting])
    sql = (ROOT / "deploy" / "compose" / "databases.sql").read_text()
    roles = {role["name"] for role in _of_kind("Cluster")["postgres"]["spec"]["managed"]["roles"]}
    owners = {part["spec"]["name"]: part["spec"]["owner"] for part in _of_kind("Database").values()}
    for service in SERVICES:
        assert f"('{service}', :'{service}', :'{service}_owner')" in sql
        assert {service, f"{service}_owner"} <= roles
        assert owners[service] == f"{service}_owner"


def test_each_service_is_served_under_its_name() -> None:
    deployments, services = _of_kind("Deployment"), _of_kind("Service")
    rule = _of_kind("Ingress")["lieu"]["spec"]["rules"][0]
    paths = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}
    gateway = (ROOT / "deploy" / "compose" / "Caddyfile").read_text()
    for service in SERVICES:
        assert _compose()[service]["command"] == ["serve", service]
        assert _container(deployments[service])["args"] == ["serve", service]
        selector = services[service]["spec"]["selector"]
        assert selector.items() <= deployments[service]["spec"]["template"]["metadata"]["labels"].items()
        assert paths[f"/{service}"] == service
        assert service == "reporting" or f"reverse_proxy /{service}/* {service}:8000" in gateway
    assert paths["/"] == "reporting"
    assert "reverse_proxy reporting:8000" in gateway
    listed = next(part for part in _manifests() if part["kind"] == "Kustomization")["resources"]
    assert {*listed, "kustomization.yaml", "every-service.yaml"} == {file.name for file in K8S.glob("*.yaml")}


def test_probes_ask_for_what_a_service_answers() -> None:
    settings = Settings.model_validate(
        {"LIEU_DATABASE_URL": "postgresql://x", "LIEU_NATS_URL": "nats://x", "LIEU_OIDC_ISSUER": "x"}
    )
    served = {getattr(route, "path", None) for route in platform({"reporting": settings}).routes}
    container = _container(_of_kind("Deployment")["every-service"])
    asked = {container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")}
    in_image = re.findall(r"/health/\w+", (ROOT / "Dockerfile").read_text())
    assert asked == {"/health/live", "/health/ready"}
    assert in_image == ["/health/live"]
    assert asked <= served


def test_images_are_named_with_their_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    (kustomized,) = next(part for part in _manifests() if part["kind"] == "Kustomization")["images"]
    images = {str(image) for image in _everywhere([_compose(), _manifests()], "image")} - {kustomized["name"]}
    images |= set(re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE))
    assert {"postgres:18", "nats:2", "python:3.11-slim", f"lieu:{version}"} <= images
    for image in images:
        assert re.search(r":[0-9][\w.-]*$", image), image
    assert kustomized["newTag"] == version


def test_no_secret_is_included_and_an_unset_one_stops_compose() -> None:
    example = (ROOT / "deploy" / "compose" / "example.env").read_text()
    empty = set(re.findall(r"^(\w+)=$", example, re.MULTILINE))
    assert empty == set(re.findall(r"^(\w+)=", example, re.MULTILINE)), "the example holds no value"
    text = COMPOSE.read_text()
    guarded = set(re.findall(r"\$\{(\w+):\?\1 is not set", text))
    assert guarded == empty
    assert set(re.findall(r"\$\{(\w+)\}", text)) <= guarded
    assert not _of_kind("Secret")


def test_containers_have_no_more_rights_than_they_need() -> None:
    for service in SERVICES:
        container = _compose()[service]
        assert container["read_only"] is True
        assert container["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in container["ports"])
    assert "ports" not in _compose()["postgres"]
    assert "ports" not in _compose()["nats"]
    for part in (_of_kind("Deployment")["every-service"], _of_kind("StatefulSet")["nats"]):
        assert part["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] is True
        container = _container(part)
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert re.search(r"^USER [1-9]\d*", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert _of_kind("NetworkPolicy")["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_nats_keeps_what_it_acknowledges() -> None:
    for file in (ROOT / "deploy" / "compose" / "nats.conf", K8S / "nats.conf"):
        assert re.search(r"^  sync_interval: always$", file.read_text(), re.MULTILINE), file
        assert "include ./broker-users.conf" in file.read_text()


@pytest.mark.parametrize("place", ["compose", "k8s"])
def test_every_service_is_its_own_user_at_the_broker(place: str) -> None:
    users = (ROOT / "deploy" / place / "broker-users.conf").read_text()
    assert users == as_configuration()
    for service, environment in _environments()[place].items():
        assert re.fullmatch(rf"nats://{service}:\$\S+@nats:4222", environment["LIEU_NATS_URL"])
        assert f"{{user: {service}, password: ${service.upper()}_NATS_PASSWORD," in users


def test_the_development_issuer_is_for_every_service() -> None:
    added = yaml.safe_load(DEVELOPMENT.read_text())["services"]
    assert added.keys() == set(SERVICES)
    for part in added.values():
        ((setting, path),) = part["environment"].items()
        assert setting == "LIEU_OIDC_KEYS"
        assert [volume.split(":")[1] for volume in part["volumes"]] == [path]


@pytest.mark.slow
def test_kustomize_puts_the_common_part_into_every_service() -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    made = subprocess.run([kubectl, "kustomize", str(K8S)], capture_output=True, text=True, check=True)
    parts = [part for part in yaml.safe_load_all(made.stdout) if part["kind"] == "Deployment"]
    assert {part["metadata"]["name"] for part in parts} == set(SERVICES)
    for part in parts:
        container = _container(part)
        assert part["spec"]["replicas"] == 2
        assert container["readinessProbe"]["httpGet"]["path"] == "/health/ready"
        order = [entry["name"] for entry in container["env"]]
        for entry in container["env"]:
            for used in re.findall(r"\$\((\w+)\)", entry.get("value", "")):
                assert order.index(used) < order.index(entry["name"]), (
                    "a variable is put in only where it stands before"
                )
