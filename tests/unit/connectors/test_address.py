"""Addresses: what is refused stays refused in every way to write it."""

import contextlib
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.address import check_all, check_url, is_allowed, is_near_host, parse, server_address
from connectors.errors import Refused

NEVER = [
    "169.254.169.254",
    "169.254.170.2",
    "168.63.129.16",
    "100.100.100.200",
    "fd00:ec2::254",
    "fe80::1",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "::127.0.0.1",
    "64:ff9b:1::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "::ffff:169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "240.0.0.1",
]
ONLY_WHERE_CONFIGURED = [
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "fc00::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
]
TRANSLATED = IPv6Network("64:ff9b::/96")
PUBLIC = ["1.1.1.1", "104.192.142.240", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", NEVER)
def test_no_setting_opens_metadata_link_local_and_reserved_addresses(address):
    asked = [is_allowed(parse(address), allow_private=allow) for allow in (False, True)]

    assert [False, False] == asked


@pytest.mark.parametrize("address", ONLY_WHERE_CONFIGURED)
def test_private_addresses_are_open_only_where_configured(address):
    asked = [is_allowed(parse(address), allow_private=allow) for allow in (False, True)]

    assert [False, True] == asked


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address):
    assert is_allowed(parse(address), allow_private=False)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_alike_in_its_ipv6_forms(address: IPv4Address):
    mapped = IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
    translated = IPv6Address(IPv6Address("64:ff9b::").packed[:12] + address.packed)

    asked = {is_allowed(form, allow_private=False) for form in (address, mapped, translated)}
    assert 1 == len(asked)


@given(st.ip_addresses())
def test_without_the_setting_only_global_addresses_pass(address):
    allowed = is_allowed(address, allow_private=False)

    inside = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
    assert not allowed or inside.is_global or address in TRANSLATED


def test_one_bad_address_condemns_the_name():
    with pytest.raises(Refused):
        check_all(["1.1.1.1", "127.0.0.1"], allow_private=False)


def test_a_name_without_addresses_is_refused():
    with pytest.raises(Refused):
        check_all([], allow_private=True)


def test_a_zone_does_not_hide_a_link_local_address():
    with pytest.raises(Refused):
        check_all(["fe80::1%eth0"], allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.trello.com/1",
        "ftp://api.trello.com",
        "file:///etc/passwd",
        "gopher://1.1.1.1",
        "https://user:secret@api.trello.com",
        "https://",
        "https://[::1",
        "//api.trello.com",
        "https://api.trello.com:99999/",
        "http://10.0.0.1.nip.io/",
        "http://1.1.1.1/",
        "http://169.254.169.254/",
        "",
    ],
)
def test_urls_that_are_not_spoken_to(url):
    with pytest.raises(Refused) as raised:
        check_url(url, allow_private=True)

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/1", "http://10.0.0.1/redmine", "http://[fd12::1]/"])
def test_plain_http_is_for_what_is_near_where_configured(url):
    assert check_url(url, allow_private=True)
    with pytest.raises(Refused):
        check_url(url, allow_private=False)


def test_what_is_near_is_known_by_its_digits():
    near = ["localhost", "127.0.0.1", "::1", "10.0.0.1", "192.168.7.7", "fd12::1"]
    far = ["localhost.example.com", "127.0.0.1.nip.io", "8.8.8.8", "169.254.169.254", "fd00:ec2::254", "2002:a00:1::"]

    assert [*[True] * len(near), *[False] * len(far)] == [is_near_host(host) for host in near + far]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://Redmine.Example.org/", "https://redmine.example.org"),
        (" https://example.org:443/tracker//", "https://example.org/tracker"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("http://127.0.0.1:3000/x", "http://127.0.0.1:3000/x"),
        ("http://[::1]:3000", "http://[::1]:3000"),
    ],
)
def test_a_server_s_address_is_kept_in_one_form(typed, kept):
    assert kept == server_address(typed, allow_private=True)
    assert kept == server_address(kept, allow_private=True)


@pytest.mark.parametrize(
    "typed",
    [
        "https://example.org?key=1",
        "https://example.org/#x",
        "https://me:pw@example.org",
        "http://example.org",
        "",
        "https://exa mple.org",
        "https://größe.example",
    ],
)
def test_what_is_no_server_s_address_is_refused(typed):
    with pytest.raises(Refused) as raised:
        server_address(typed, allow_private=True)

    assert "pw" not in str(raised.value)


@given(st.text(max_size=40))
def test_a_url_is_taken_or_refused_and_nothing_else(text):
    with contextlib.suppress(Refused):
        check_url(text, allow_private=True)
