"""Process configuration: environment variables ``VLOG_*``, read once, frozen, passed explicitly."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vlog.kit.addresses import Network
from vlog.kit.errors import Invalid
from vlog.kit.hosts import KnownHosts
from vlog.kit.proxies import TrustedProxies

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, kw_only=True)
class Config:
    """What one process must know before it can reach the database; runtime settings live in ``settings``.

    ``database_url`` is ``None`` when the embedded PostgreSQL below ``data_dir`` is to be used.
    """

    data_dir: Path
    storage_path: Path
    host: str = "127.0.0.1"
    public_port: int = 9000
    admin_port: int = 9001
    worker_api_port: int = 9002
    database_url: str | None = field(default=None, repr=False)
    admin_secret: str | None = field(default=None, repr=False)
    admin_api_url: str | None = None
    public_url: str | None = None
    secure_cookies: bool = False
    trusted_proxies: TrustedProxies = field(default_factory=TrustedProxies)
    allowed_hosts: KnownHosts = field(default_factory=KnownHosts)
    x_accel_prefix: str | None = None
    ffmpeg: Path | None = None
    ffprobe: Path | None = None
    transcoder_slots: int = 0
    unsafe_no_jail: bool = False
    download_allow: tuple[Network, ...] = ()
    log_level: str = "info"
    log_json: bool = False

    @property
    def public_base_url(self) -> str:
        """Where visitors reach the public site, without a trailing slash."""
        return self.public_url or f"http://{_printable(self.host)}:{self.public_port}"

    @property
    def admin_base_url(self) -> str:
        """Where the CLI and the set-up link reach the admin service, without a trailing slash."""
        return self.admin_api_url or f"http://{_printable(self.host)}:{self.admin_port}"


@dataclass(frozen=True)
class Variable:
    """One environment variable: its name, what it means, and its default in words."""

    name: str
    help: str
    default: str


VARIABLES = (
    Variable(
        "VLOG_DATA_DIR",
        "Folder of this machine's own data: database, sockets, logs, work files.",
        "the platform's data folder; ./data under `make up`",
    ),
    Variable(
        "VLOG_STORAGE_PATH", "Folder of the media: uploads, videos, archive.", "{VLOG_DATA_DIR}/storage"
    ),
    Variable("VLOG_HOST", "Address that the three services listen on.", "127.0.0.1"),
    Variable("VLOG_PUBLIC_PORT", "Port of the public site and API.", "9000"),
    Variable("VLOG_ADMIN_PORT", "Port of the admin UI and API.", "9001"),
    Variable("VLOG_WORKER_API_PORT", "Port of the Worker API.", "9002"),
    Variable(
        "VLOG_DATABASE_URL",
        "postgresql://… of a PostgreSQL 15 or newer; unset: the embedded one.",
        "embedded",
    ),
    Variable(
        "VLOG_ADMIN_API_SECRET",
        "Admin secret; unset: chosen once through the printed set-up link.",
        "set-up link",
    ),
    Variable(
        "VLOG_ADMIN_API_URL",
        "Address of the admin service as the CLI reaches it.",
        "http://{VLOG_HOST}:{VLOG_ADMIN_PORT}",
    ),
    Variable(
        "VLOG_PUBLIC_URL",
        "Address of the public site as visitors see it (links, OpenGraph).",
        "http://{VLOG_HOST}:{VLOG_PUBLIC_PORT}",
    ),
    Variable(
        "VLOG_SECURE_COOKIES",
        "Send session cookies over HTTPS only; always done for visitors whose trusted proxy says https.",
        "no",
    ),
    Variable(
        "VLOG_TRUSTED_PROXIES",
        "Addresses and networks (CIDR, between commas) of proxies whose X-Forwarded headers are believed.",
        "none",
    ),
    Variable(
        "VLOG_ALLOWED_HOSTS",
        "Names (between commas, *.example.org for all below it, * for any) by which browsers and workers may "
        "reach the admin service and the Worker API, beside addresses, localhost, this machine's name, names "
        "of the local network, and whatever a trusted proxy hands on.",
        "none",
    ),
    Variable(
        "VLOG_X_ACCEL_PREFIX",
        "Internal location at which a trusted nginx holds the storage folder, to send large files itself.",
        "VLog sends them",
    ),
    Variable("VLOG_FFMPEG", "Path of another ffmpeg than the bundled one.", "bundled"),
    Variable("VLOG_FFPROBE", "Path of another ffprobe than the bundled one.", "bundled"),
    Variable(
        "VLOG_TRANSCODER_SLOTS", "Tasks that one transcoder works on at the same time.", "one per CPU core"
    ),
    Variable(
        "VLOG_UNSAFE_NO_JAIL",
        "Run media tools without a jail. Only for machines that take no foreign files.",
        "no",
    ),
    Variable(
        "VLOG_DOWNLOAD_ALLOW",
        "Private networks that `vlog download` may reach, such as 192.168.1.0/24, separated by commas.",
        "none",
    ),
    Variable(
        "VLOG_CRASH_AT",
        "For tests of recovery: the named point of `vlog.kit.crash` at which a process kills itself.",
        "never",
    ),
    Variable("VLOG_LOG_LEVEL", "debug, info, warning or error.", "info"),
    Variable("VLOG_LOG_JSON", "Write log lines as JSON.", "no"),
)


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the configuration from the environment; raises ``Invalid`` (code ``bad_environment``) in plain
    words.
    """
    env = os.environ if environ is None else environ
    data_dir = _path(env, "VLOG_DATA_DIR") or _platform_data_dir(env)
    host = env.get("VLOG_HOST") or "127.0.0.1"
    ports = {
        "public_port": _integer(env, "VLOG_PUBLIC_PORT", 9000, maximum=65535),
        "admin_port": _integer(env, "VLOG_ADMIN_PORT", 9001, maximum=65535),
        "worker_api_port": _integer(env, "VLOG_WORKER_API_PORT", 9002, maximum=65535),
    }
    if len(set(ports.values())) != len(ports):
        raise Invalid(
            "VLOG_PUBLIC_PORT, VLOG_ADMIN_PORT and VLOG_WORKER_API_PORT must differ.", code="bad_environment"
        )
    return Config(
        data_dir=data_dir,
        storage_path=_path(env, "VLOG_STORAGE_PATH") or data_dir / "storage",
        host=host,
        public_port=ports["public_port"],
        admin_port=ports["admin_port"],
        worker_api_port=ports["worker_api_port"],
        database_url=env.get("VLOG_DATABASE_URL") or None,
        admin_secret=_secret(env),
        admin_api_url=_url(env, "VLOG_ADMIN_API_URL"),
        public_url=_url(env, "VLOG_PUBLIC_URL"),
        secure_cookies=_boolean(env, "VLOG_SECURE_COOKIES"),
        trusted_proxies=_proxies(env),
        allowed_hosts=_hosts(env),
        x_accel_prefix=_x_accel_prefix(env),
        ffmpeg=_path(env, "VLOG_FFMPEG"),
        ffprobe=_path(env, "VLOG_FFPROBE"),
        transcoder_slots=_integer(env, "VLOG_TRANSCODER_SLOTS", os.cpu_count() or 1, maximum=256),
        unsafe_no_jail=_boolean(env, "VLOG_UNSAFE_NO_JAIL"),
        download_allow=_networks(env, "VLOG_DOWNLOAD_ALLOW"),
        log_level=_choice(env, "VLOG_LOG_LEVEL", ("info", "debug", "warning", "error")),
        log_json=_boolean(env, "VLOG_LOG_JSON"),
    )


def _printable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "localhost"
    return f"[{host}]" if ":" in host else host


def _platform_data_dir(env: Mapping[str, str]) -> Path:
    if base := env.get("XDG_DATA_HOME"):
        return Path(base) / "vlog"
    return Path(env.get("HOME") or Path.home()) / ".local" / "share" / "vlog"


def _path(env: Mapping[str, str], name: str) -> Path | None:
    text = env.get(name)
    return Path(text).expanduser().absolute() if text else None


def _url(env: Mapping[str, str], name: str) -> str | None:
    text = env.get(name)
    if not text:
        return None
    if not text.startswith(("http://", "https://")):
        raise Invalid(f"{name} must start with http:// or https://.", code="bad_environment")
    return text.rstrip("/")


def _proxies(env: Mapping[str, str]) -> TrustedProxies:
    try:
        return TrustedProxies.parse(env.get("VLOG_TRUSTED_PROXIES", ""))
    except ValueError as error:
        raise Invalid(
            f"VLOG_TRUSTED_PROXIES takes addresses and networks such as 127.0.0.1, 10.0.0.0/8: {error}.",
            code="bad_environment",
        ) from error


def _hosts(env: Mapping[str, str]) -> KnownHosts:
    try:
        return KnownHosts.parse(env.get("VLOG_ALLOWED_HOSTS", ""))
    except ValueError as error:
        raise Invalid(
            f"VLOG_ALLOWED_HOSTS takes names such as vlog.example.org, *.example.org: {error}.",
            code="bad_environment",
        ) from error


def _networks(env: Mapping[str, str], name: str) -> tuple[Network, ...]:
    texts = [text.strip() for text in env.get(name, "").split(",")]
    try:
        return tuple(ipaddress.ip_network(text) for text in texts if text)
    except ValueError as error:
        raise Invalid(
            f"{name} takes networks such as 192.168.1.0/24: {error}.", code="bad_environment"
        ) from error


def _x_accel_prefix(env: Mapping[str, str]) -> str | None:
    text = env.get("VLOG_X_ACCEL_PREFIX", "").rstrip("/")
    if not text:
        return None
    if not re.fullmatch(r"(?:/[A-Za-z0-9_-]+)+", text):
        raise Invalid(
            "VLOG_X_ACCEL_PREFIX must be a path of plain names such as /internal-media.",
            code="bad_environment",
        )
    if not env.get("VLOG_TRUSTED_PROXIES"):
        raise Invalid(
            "VLOG_X_ACCEL_PREFIX needs VLOG_TRUSTED_PROXIES: only a trusted nginx is told where files lie.",
            code="bad_environment",
        )
    return text


def _secret(env: Mapping[str, str]) -> str | None:
    secret = env.get("VLOG_ADMIN_API_SECRET")
    if not secret:
        return None
    if len(secret) < 12:
        raise Invalid("VLOG_ADMIN_API_SECRET must have at least 12 characters.", code="bad_environment")
    return secret


def _integer(env: Mapping[str, str], name: str, default: int, *, maximum: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= maximum:
        raise Invalid(f"{name} must be a whole number from 1 to {maximum}.", code="bad_environment")
    return int(text)


def _boolean(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name, "").lower()
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise Invalid(f"{name} must be yes or no.", code="bad_environment")


def _choice(env: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    text = env.get(name, "").lower() or choices[0]
    if text not in choices:
        raise Invalid(f"{name} must be one of {', '.join(choices)}.", code="bad_environment")
    return text
