"""What nothing here can run is at least sound: image, compose file, manifests and workflow, for each storage."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from tools.combinations import SLUG, Combination, is_allowed
from tools.commands import CLI, run
from tools.demo import free_port
from tools.servers import program

from .conftest import Render, on_servers
from .test_openapi import operations
from .test_render import expected_files, files

TOOLS = Path(sys.executable).parent
KUBERNETES_VERSION = "1.37"
KEYS, SIGNED = ("api_keys",), ("jwt",)
"""Without mail, passwords and a key to sign with, and with them. Else methods change nothing here."""
DISTINCT = [
    Combination(auth_methods=SIGNED, database="sqlite", redis=False),
    Combination(auth_methods=KEYS, database="sqlite", redis=True),
    Combination(auth_methods=SIGNED, database="postgresql", redis=True, kubernetes=True),
    Combination(auth_methods=KEYS, database="postgresql", redis=False, kubernetes=True),
    Combination(auth_methods=SIGNED, database="mysql", redis=False, kubernetes=True),
]
"""Each fragment with and without each other: every combination would find nothing more."""
DEPLOYED = [pytest.param(each, id=str(each)) for each in DISTINCT if is_allowed(each)]
CANARY = "canary6f1d0c"
NUMBERS = {"1": "one", "2": "two", "3": "three"}
INTERPOLATED = re.compile(r"\$\{(\w+)(:\?[^}]+)?\}")
SECRET = re.compile(r"(PASSWORD|SECRET|AUTH)(_|$)")


@pytest.fixture(scope="module", params=DEPLOYED)
def deployed(request: pytest.FixtureRequest) -> Combination:
    """Each set of files that differs; how callers prove who they are hardly matters here."""
    chosen: Combination = request.param
    return chosen


@pytest.fixture
def rendered(render: Render, deployed: Combination) -> Path:
    """The project, to look at."""
    return render(deployed)


@pytest.fixture
def compose(rendered: Path) -> dict[str, Any]:
    """The compose file for production, its merges done."""
    loaded: dict[str, Any] = yaml.safe_load((rendered / "compose.yaml").read_text())
    return loaded


@pytest.fixture
def manifests(rendered: Path, deployed: Combination) -> dict[str, dict[str, Any]]:
    """The objects of the manifests by kind, without the secrets' example."""
    if not deployed.kubernetes:
        pytest.skip("without Kubernetes")
    paths = [path for path in manifest_paths(rendered) if "secret" not in path.name]
    return {each["kind"]: each for path in paths for each in yaml.safe_load_all(path.read_text())}


def manifest_paths(project: Path) -> list[Path]:
    """List the files that hold objects of Kubernetes."""
    folder = project / "deploy" / "kubernetes"
    return sorted(path for path in folder.glob("*.yaml") if path.name != "kustomization.yaml")


def pods(manifests: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the specifications of all pods."""
    return [manifests[kind]["spec"]["template"]["spec"] for kind in ("Deployment", "Job")]


def values(node: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a document with the name that it stands under."""
    if isinstance(node, dict):
        for key, each in node.items():
            yield from values(each, str(key))
    elif isinstance(node, list):
        for each in node:
            yield from values(each, name)
    else:
        yield name, str(node)


def settings(project: Path) -> dict[str, str]:
    """Return what .env.example lists, with what it sets them to."""
    return dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", (project / ".env.example").read_text(), re.MULTILINE))


@cache
def commands(project: Path) -> set[str]:
    """Return the names of a project's commands."""
    said = run(project, *CLI, "--help", COLUMNS="200").stdout
    return set(re.findall(r"^\W*([a-z-]+) {2,}", said, re.MULTILINE))


def seconds(name: str, text: str) -> int:
    """Return the number of seconds that a file gives for a name."""
    return int(re.findall(rf"\b{name}(?:=| |: )(\d+)s?\b", text)[0])


def test_exactly_the_expected_files_exist(rendered: Path, deployed: Combination, template: Path) -> None:
    assert files(rendered) == expected_files(template, deployed)


def test_linters_find_nothing(rendered: Path) -> None:
    schema = ["check-jsonschema", "--builtin-schema"]
    commands = [
        ["hadolint", "Dockerfile", "deploy/proxy/Dockerfile"],
        [*schema, "vendor.compose-spec", *sorted(path.name for path in rendered.glob("compose*.yaml"))],
        [*schema, "vendor.github-workflows", ".github/workflows/ci.yml"],
        ["zizmor", "--offline", "-q", ".github/workflows/ci.yml"],
    ]
    if paths := manifest_paths(rendered):
        commands.append(["kubernetes-validate", "--strict", "-k", KUBERNETES_VERSION, *map(str, paths)])
    assert [said for command in commands if (said := complaint(rendered, *command))] == []


def complaint(project: Path, tool: str, *arguments: str) -> str:
    """Return what a linter of this repository has to say; empty when it passes."""
    result = subprocess.run([TOOLS / tool, *arguments], cwd=project, check=False, capture_output=True, text=True)
    return result.stdout + result.stderr if result.returncode else ""


def test_every_container_is_confined(compose: dict[str, Any], rendered: Path) -> None:
    builds = {each.get("image"): each["build"] for each in compose["services"].values() if "build" in each}
    for name, service in compose["services"].items():
        build = builds.get(service.get("image"))
        image = rendered / build / "Dockerfile" if build else None
        user = service.get("user") or re.findall(r"^USER (\S+)$", image.read_text() if image else "", re.MULTILINE)[-1]
        assert user not in {"root", "0"}, name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name


def test_nothing_is_copied_into_a_container(compose: dict[str, Any]) -> None:
    """Compose mounts files and copies configs and secrets of any other kind, which no read-only container takes."""
    kept = [each for kind in ("configs", "secrets") for each in compose.get(kind, {}).values()]
    assert [each for each in kept if "file" not in each] == []


def test_only_the_proxy_is_reached_from_outside(compose: dict[str, Any]) -> None:
    assert [name for name, service in compose["services"].items() if "ports" in service] == ["proxy"]
    assert compose["networks"].get("back", {"internal": True}) == {"internal": True}
    on_front = [name for name, service in compose["services"].items() if "front" in service.get("networks", ())]
    assert on_front == ["proxy", "app"]


def test_the_app_believes_the_proxy_alone(compose: dict[str, Any]) -> None:
    """ASVS 15.3.4: no container is ever given the proxy's address."""
    proxy = compose["services"]["proxy"]["networks"]["front"]["ipv4_address"]
    (pool,) = compose["networks"]["front"]["ipam"]["config"]
    assert compose["services"]["app"]["environment"]["TRUSTED_PROXIES"] == proxy
    assert ip_address(proxy) in ip_network(pool["subnet"])
    assert ip_address(proxy) not in ip_network(pool["ip_range"])


def test_nothing_starts_without_its_secrets(compose: dict[str, Any], rendered: Path) -> None:
    """ASVS 13.2.3, 13.3.1: no secret is written down, none has a default, and .env.example names each."""
    text = (rendered / "compose.yaml").read_text()
    assert [name for name, refusal in INTERPOLATED.findall(text) if not refusal] == []
    assert "${" not in INTERPOLATED.sub("", text)
    assert [name for name, value in values(compose) if SECRET.search(name) and INTERPOLATED.sub("", value)] == []
    assert not re.search(r"://\w*:(?!\$)[^/\s]*@", text)
    assert [name for name, _ in INTERPOLATED.findall(text) if settings(rendered)[name]] == []


def test_production_is_named_and_replicas_suit_the_storage(compose: dict[str, Any], deployed: Combination) -> None:
    app = compose["services"]["app"]
    assert app["environment"]["ENVIRONMENT"] == "production"
    assert app["deploy"]["replicas"] == (1 if deployed.database == "sqlite" else 2)
    assert "container_name" not in app


def test_connections_are_counted_alike_everywhere(rendered: Path, deployed: Combination) -> None:
    """Whoever adds them up for the server must not come out below what is opened."""
    if deployed.database == "sqlite":
        return
    engines = (rendered / SLUG / f"{deployed.database}.py").read_text()
    (opened,) = re.findall(r"^_COUNTERS = (\d)$", engines, re.MULTILINE)
    words = re.compile(r"(?:twice `?\w+`?(?: connections)?|for writing) and (\w+)")
    texts = {path: path.read_text() for path in rendered.rglob("*") if path.suffix in {".md", ".yaml"}}
    told = {str(path.relative_to(rendered)): set(words.findall(text)) for path, text in texts.items()}
    where = {"README.md", "compose.yaml", "docs/security.md"}
    where |= {"deploy/kubernetes/configmap.yaml"} if deployed.kubernetes else set()
    assert {name: said for name, said in told.items() if said} == {name: {NUMBERS[opened]} for name in where}


def test_the_app_cannot_change_tables(compose: dict[str, Any], deployed: Combination, rendered: Path) -> None:
    """ASVS 13.2.2: it is another role than the one that runs migrations, and does not know that one's password."""
    addresses = [compose["services"][name]["environment"]["DATABASE_URL"] for name in ("app", "migrate")]
    if deployed.database == "sqlite":
        assert addresses[0] == addresses[1]
        return
    assert [re.findall(r"//(\w+):\$\{(\w+)", address) for address in addresses] == [
        [("app", "DATABASE_PASSWORD")],
        [("owner", "DATABASE_OWNER_PASSWORD")],
    ]
    assert compose["services"]["app"]["environment"]["DATABASE_OWNER_PASSWORD"] == ""
    volumes = " ".join(compose["services"][deployed.database]["volumes"])
    (mounted,) = re.findall(r"\./(\S+):/docker-entrypoint-initdb.d/", volumes)
    assert "SELECT, INSERT, UPDATE, DELETE ON" in (rendered / mounted).read_text()


def test_the_app_waits_for_migrations_and_servers(compose: dict[str, Any]) -> None:
    services = compose["services"]
    waits = {name: each["condition"] for name, each in services["app"]["depends_on"].items()}
    servers = services.keys() - {"proxy", "app", "migrate"}
    assert waits == {"migrate": "service_completed_successfully"} | dict.fromkeys(servers, "service_healthy")
    assert [name for name in servers if "healthcheck" not in services[name]] == []


def for_development(project: Path) -> list[tuple[str, str]]:
    """List the values of compose.dev.yaml, if there is one."""
    return [each for path in project.glob("compose.dev.yaml") for each in values(yaml.safe_load(path.read_text()))]


def test_servers_for_development_are_reached_from_this_machine_alone(rendered: Path) -> None:
    published = [port for name, port in for_development(rendered) if name == "ports"]
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_the_database_for_development_is_no_other_projects(rendered: Path, deployed: Combination) -> None:
    """Revision `0001` of another project would pass for ours, and the next migration would drop its tables."""
    created = [value for name, value in for_development(rendered) if name in ("POSTGRES_DB", "MARIADB_DATABASE")]
    assert created == ([] if deployed.database == "sqlite" else [SLUG])
    used = run(rendered, "python", "-c", PRINT_ADDRESS).stdout.strip()
    assert used == settings(rendered)["DATABASE_URL"]
    assert used.rpartition("/")[2] == (created[0] if created else "app.db")


PRINT_ADDRESS = f"from {SLUG}.db import DatabaseSettings; print(DatabaseSettings.get().database_url)"


def test_a_redis_keeps_its_password_and_what_was_revoked(
    compose: dict[str, Any], deployed: Combination, tmp_path: Path
) -> None:
    """ST-10, ASVS 13.3.1: the list of processes shows no password, and a full memory refuses writes."""
    if not deployed.redis:
        return
    with on_servers(), redis_of(compose["services"]["redis"], tmp_path) as (process, ask):
        assert CANARY not in subprocess.check_output(["ps", "-o", "args=", "-p", str(process.pid)], text=True)
        assert ask("PING", REDISCLI_AUTH="").startswith("NOAUTH")
        assert {"noeviction", "yes"} <= set(ask("CONFIG", "GET", "maxmemory-policy", "appendonly").split())
    assert process.returncode == 0  # it is no shell's child, which would not be told to stop


@contextmanager
def redis_of(service: dict[str, Any], folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Callable[..., str]]]:
    """Run a service's command as its container does; yield the process, and how to ask it."""
    port = free_port()
    client = (program("redis", "redis-cli"), "-p", str(port))
    # With no title of its own it shows the arguments that it was given, as it does before it has one.
    here = f"dir {folder}\nbind 127.0.0.1\nport {port}\nset-proc-title no"
    command = [word.replace("$$", "$").replace("dir /data", here) for word in service["command"]]
    variables = os.environ | {"REDISCLI_AUTH": CANARY}

    def ask(*words: str, **others: str) -> str:
        return subprocess.run(
            [*client, *words], env=variables | others, check=False, stdout=subprocess.PIPE, text=True
        ).stdout

    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL)
    try:
        for _ in range(250):
            if "PONG" in ask("PING"):
                break
            time.sleep(0.02)
        yield process, ask
    finally:
        process.terminate()
        process.wait()


def test_commands_ports_and_probes_exist(rendered: Path, compose: dict[str, Any]) -> None:
    image = (rendered / "Dockerfile").read_text()
    scripts = tomllib.loads((rendered / "pyproject.toml").read_text())["project"]["scripts"]
    assert f'ENTRYPOINT ["{SLUG}"]' in image
    assert SLUG in scripts
    assert 'CMD ["serve", "--host",' in image
    assert {"serve", *compose["services"]["migrate"]["command"]} <= commands(rendered)
    assert f"GET {re.findall(r'127.0.0.1:8000([a-z/]+)', image)[0]}" in operations(rendered)
    assert "EXPOSE 8000" in image
    assert "port 8000" in (rendered / "deploy" / "proxy" / "Caddyfile").read_text()
    assert 'def serve(host: str = "127.0.0.1", port: Port = 8000' in (rendered / SLUG / "cli.py").read_text()


def test_image_and_workflows_install_the_same_uv(rendered: Path) -> None:
    """ASVS 15.1.1: of one minor version, so that one that reads a lock differently comes by an update."""
    sources = [rendered / "Dockerfile", *sorted((rendered / ".github" / "workflows").glob("*.yml"))]
    installed = [re.findall(r"pip install .*?(\S+)$", source.read_text(), re.MULTILINE) for source in sources]
    assert len(installed) == 3
    (pin,) = {tuple(found) for found in installed}
    assert re.fullmatch(r'"uv==\d+\.\d+\.\*"', *pin)


def test_a_container_asks_itself_how_it_is(rendered: Path, tmp_path: Path) -> None:
    """Past HTTP_PROXY, which Docker may give to every container."""
    image = (rendered / "Dockerfile").read_text().replace("\\\n", "")
    (check,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", image, re.MULTILINE)
    (tmp_path / "health").mkdir()
    (tmp_path / "health" / "live").touch()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as server:
        Thread(target=server.serve_forever).start()
        words = json.loads(check.replace("8000", str(server.server_port)))
        asked = subprocess.run([sys.executable, *words[1:]], env={"HTTP_PROXY": "http://127.0.0.1:9"}, check=False)
        server.shutdown()
    assert asked.returncode == 0


def test_the_proxy_lets_no_head_through_that_the_app_refuses(rendered: Path) -> None:
    """ASVS 15.2.2: the app hangs up where the proxy answers 431, and the proxy adds lines of its own."""
    proxy = (rendered / "deploy" / "proxy" / "Caddyfile").read_text()
    (limit,) = re.findall(r"^\t\tmax_header_size (\d+)KB$", proxy, re.MULTILINE)
    (ours,) = re.findall(r"^LIMIT = ([\d_]+)$", (rendered / SLUG / "protocol.py").read_text(), re.MULTILINE)
    assert int(limit) * 1000 + 16_000 < int(ours)


def test_no_client_of_the_proxy_is_in_the_way_of_others(rendered: Path) -> None:
    """ASVS 15.2.2: one that hangs up is no reason to leave a replica out."""
    proxy = (rendered / "deploy" / "proxy" / "Caddyfile").read_text()
    assert re.findall(r"^\t\t((?:fail_|max_fails|unhealthy_|health_)\w*)", proxy, re.MULTILINE) == []
    assert "lb_try_duration" in proxy


def test_the_proxy_leaves_other_names_to_the_app(rendered: Path) -> None:
    """To a name that it does not know it would say 200, without having asked the app."""
    assert "\n{$PUBLIC_URL}, https:// {\n" in (rendered / "deploy" / "proxy" / "Caddyfile").read_text()


def test_the_proxy_logs_nothing_that_lets_somebody_in(rendered: Path) -> None:
    """ASVS 16.2.5, 14.2.1: a key in a header, a provider's code in a query, ours behind the address it leads to."""
    proxy = (rendered / "deploy" / "proxy" / "Caddyfile").read_text()
    hidden = re.findall(r"^\t{4}(\S+) (?:delete|regexp \\\?\.\* \"\")$", proxy, re.MULTILINE)
    assert hidden == ["request>headers", "request>uri", "resp_headers>Location", "resp_headers>Set-Cookie"]
    assert proxy.count("log {") == 1, "one for all that it logs, so that errors are not told in full"
    assert "\n\tlog\n" in proxy


def test_the_proxy_s_own_errors_have_the_app_s_headers(rendered: Path) -> None:
    """ASVS 3.4.1, 3.4.3, 3.4.4, 3.4.5, 13.4.6: when no replica answers, nobody else is there to add them."""
    proxy = (rendered / "deploy" / "proxy" / "Caddyfile").read_text().partition("handle_errors")[2]
    told = {
        name.lower(): value for name, value in re.findall(r'^\t{3}([A-Z][\w-]+) "?([^"\n]+)"?$', proxy, re.MULTILINE)
    }
    ours = (rendered / SLUG / "middleware" / "security_headers.py").read_text()
    always = dict(re.findall(r'b"([\w-]+)": b"(.+?)"', ours))
    assert {"cache-control", "strict-transport-security", "x-content-type-options"} <= always.keys()
    assert always.items() <= told.items()
    assert f'API_POLICY = "{told["content-security-policy"]}"' in ours
    assert "-Server" in proxy


def test_the_proxy_s_own_errors_have_the_form_of_the_app_s(rendered: Path) -> None:
    proxy = (rendered / "deploy" / "proxy" / "Caddyfile").read_text()
    (body,) = re.findall(r"respond `(.+)`", proxy)
    problem = json.loads(body.replace("{http.error.status_code}", "503"))
    assert (problem["status"], problem["code"]) == (503, "temporarily_unavailable")
    assert problem.keys() == {"type", "title", "status", "code", "detail"}


def test_each_waits_longer_than_what_it_waits_for(rendered: Path, compose: dict[str, Any]) -> None:
    """The container for the app, the proxy for the answer and for the container; and it hangs up first."""
    server = (rendered / SLUG / "cli.py").read_text()
    proxy = (rendered / "deploy" / "proxy" / "Caddyfile").read_text()
    grace = {name: int(compose["services"][name]["stop_grace_period"].rstrip("s")) for name in ("app", "proxy")}
    assert seconds("timeout_graceful_shutdown", server) + 5 < grace["app"] < grace["proxy"]
    assert seconds("timeout_graceful_shutdown", server) < seconds("response_header_timeout", proxy)
    assert seconds("keepalive", proxy) < seconds("timeout_keep_alive", server)


def test_pods_meet_the_restricted_profile(manifests: dict[str, dict[str, Any]]) -> None:
    for pod in pods(manifests):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == 10001
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod["automountServiceAccountToken"] is False
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert {"requests", "limits"} == container["resources"].keys()


def test_manifests_name_what_exists(manifests: dict[str, dict[str, Any]], rendered: Path) -> None:
    folder = rendered / "deploy" / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert sorted(listed) == [path.name for path in manifest_paths(rendered) if "secret" not in path.name]
    (serve,), (migrate,) = (pod["containers"] for pod in pods(manifests))
    assert {serve["args"][0], migrate["args"][0]} <= commands(rendered)
    probed = {f"GET {serve[probe]['httpGet']['path']}" for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert probed <= operations(rendered).keys()
    assert serve["ports"] == [{"name": "http", "containerPort": 8000}]
    assert manifests["NetworkPolicy"]["spec"]["ingress"][0]["ports"] == [{"port": 8000}]


def test_manifests_hold_together(manifests: dict[str, dict[str, Any]]) -> None:
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert manifests["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["Service"]["spec"]["selector"] == labels
    assert manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    assert "replicas" not in manifests["Deployment"]["spec"]
    host = manifests["Ingress"]["spec"]["rules"][0]["host"]
    assert manifests["ConfigMap"]["data"]["PUBLIC_URL"] == f"https://{host}"
    assert manifests["Ingress"]["spec"]["tls"][0]["hosts"] == [host]


def test_what_a_migration_needs_comes_before_it(manifests: dict[str, dict[str, Any]]) -> None:
    before = {kind for kind, each in manifests.items() if each["metadata"].get("labels", {}).get("release") == "before"}
    assert before == {"ConfigMap", "ServiceAccount", "NetworkPolicy", "Job"}


def test_a_pod_has_time_to_end(manifests: dict[str, dict[str, Any]], rendered: Path) -> None:
    pod = pods(manifests)[0]
    before = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    serving = seconds("timeout_graceful_shutdown", (rendered / SLUG / "cli.py").read_text())
    assert before + serving + 5 < pod["terminationGracePeriodSeconds"]


def test_manifests_hold_no_secret_and_only_known_settings(manifests: dict[str, dict[str, Any]], rendered: Path) -> None:
    """ASVS 13.3.1."""
    text = (rendered / "deploy" / "kubernetes" / "secret.example.yaml").read_text()
    secrets = {name: value for each in yaml.safe_load_all(text) for name, value in each["stringData"].items()}
    assert set(secrets.values()) == {""}
    names = secrets.keys() | manifests["ConfigMap"]["data"].keys()
    assert names <= settings(rendered).keys()
    assert [name for name in manifests["ConfigMap"]["data"] if SECRET.search(name)] == []
