"""Addresses: which hosts a request may go to. An attachment's URL is written by whoever attached it."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from connectors.errors import Refused

IpAddress = IPv4Address | IPv6Address

_METADATA = frozenset(
    {
        ip_address("169.254.169.254"),  # AWS, Google, Azure, DigitalOcean and others
        ip_address("169.254.170.2"),  # AWS tasks
        ip_address("100.100.100.200"),  # Alibaba
        ip_address("168.63.129.16"),  # Azure's own host agent, a public address
        ip_address("fd00:ec2::254"),  # AWS over IPv6
    }
)
_PRIVATE = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv6Network("fc00::/7"),
)
_PORTS = {"https": 443, "http": 80}
_NAT64 = IPv6Network("64:ff9b::/96")
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("::/96"), IPv6Network("64:ff9b:1::/48"))
"""6to4, Teredo, the old IPv4-compatible form, local NAT64: ways to write an IPv4 address that no app is reached by."""


def parse(text: str) -> IpAddress:
    """Read an address as a resolver gives it, zone included. Raises Refused where it is none."""
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        raise Refused("a host name resolved to something that is not an address") from None


def inner(address: IpAddress) -> IpAddress:
    """Return the IPv4 address that a mapped or translated IPv6 one stands for, or the address itself.

    The request would arrive at that inner address, so that is the one to judge.
    """
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def is_allowed(address: IpAddress, *, allow_private: bool) -> bool:
    """Whether a request may go to this address: public ones always, private and loopback ones only where configured.

    Link-local, metadata, multicast, tunnel and reserved addresses are refused either way: no app to back up is there.
    """
    judged = inner(address)
    if judged.is_loopback or any(judged in network for network in _PRIVATE):
        return allow_private and judged not in _METADATA
    if judged in _METADATA or judged.is_multicast or any(judged in network for network in _TUNNELS):
        return False
    return judged.is_global


def check_all(addresses: Iterable[str], *, allow_private: bool) -> list[str]:
    """Return the addresses of one name, provided that every one of them is allowed. Raises Refused otherwise.

    One bad address condemns the name: a mixed answer is how a check is outwitted.
    """
    checked = list(dict.fromkeys(addresses))
    if not checked:
        raise Refused("a host name has no address")
    for address in checked:
        if not is_allowed(parse(address), allow_private=allow_private):
            raise Refused("a request to a private, local or reserved address is not allowed")
    return checked


def is_near_host(host: str) -> bool:
    """Whether a URL's host is this machine or in a private network by its very name, so that no resolver has a say."""
    if host == "localhost":
        return True
    try:
        return is_allowed(ip_address(host), allow_private=True) and not ip_address(host).is_global
    except ValueError:
        return False


def check_url(url: str, *, allow_private: bool) -> SplitResult:
    """Return the URL's parts where its scheme and form are allowed: https, and near by, where configured, http.

    Near is what is private by its very digits: a name may be anybody's tomorrow, and http would tell them the
    credentials. Raises Refused; the message never holds the URL, whose query may be signed.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused("a URL could not be parsed") from None
    if not host:
        raise Refused("a URL has no host")
    if parts.username is not None or parts.password is not None:
        raise Refused("a URL with a user name or password in it is not followed")
    if parts.scheme == "https" or (parts.scheme == "http" and allow_private and is_near_host(host)):
        return parts
    raise Refused("only https is spoken")


def server_address(text: str, *, allow_private: bool) -> str:
    """Return a server's address as it is kept, from what a person typed: scheme, host, port, path, no slash at the end.

    Raises Refused, saying what is wrong with it.
    """
    parts = check_url(text.strip(), allow_private=allow_private)
    if parts.query or parts.fragment:
        raise Refused("a server's address has no ? or # in it")
    if not text.isascii() or not text.strip().isprintable() or " " in text.strip():
        raise Refused("a server's address has plain characters only")
    scheme, host, port = origin(parts)
    shown = f"[{host}]" if ":" in host else host
    usual = port == _PORTS[scheme]
    return f"{scheme}://{shown}{'' if usual else f':{port}'}{parts.path.rstrip('/')}"


def origin(parts: SplitResult) -> tuple[str, str, int]:
    """Return scheme, host and port: what credentials are given to."""
    return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme, 0)
