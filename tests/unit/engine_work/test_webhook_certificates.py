"""Webhooks by https: whose certificate is not trusted, or is somebody else's, is told nothing."""

import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.webhooks import BadWebhook, WebhookFailed, Webhooks
from tests.support.engine_world import ACCOUNT
from tests.support.webhook_server import webhook_server

_DAY = timedelta(days=1)
_TEXTS = ("ApplicationId", "CampaignId", "TreatmentId", "ActivityId", "ScheduledTime", "Data")
BATCH = json.dumps({**dict.fromkeys(_TEXTS, "x"), "Message": {}, "Endpoints": {"e": {}}}).encode()


def certificate(folder: Path, host: str) -> Path:
    """A certificate that vouches for itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / f"{host}.pem"
    path.write_bytes(signed.public_bytes(pem) + private)
    return path


def shown(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def trusting(path: Path) -> Webhooks:
    return Webhooks(
        local=True, sleep=lambda _: None, tls=lambda: ssl.create_default_context(cafile=str(path))
    )


def test_who_is_trusted_is_asked_and_told_again_after_an_error(tmp_path: Path) -> None:
    path = certificate(tmp_path, "localhost")
    with webhook_server(ACCOUNT, tls=shown(path), statuses=[503]) as server:
        assert server.url.startswith("https://")
        trusting(path).confirm(server.url, ACCOUNT)
        trusting(path).deliver(server.url, BATCH)
    assert (server.heads, server.bodies, server.broken) == (1, [BATCH, BATCH], [])


def test_a_certificate_that_nobody_vouches_for_is_told_nothing(tmp_path: Path) -> None:
    path = certificate(tmp_path, "localhost")
    with webhook_server(ACCOUNT, tls=shown(path)) as server:
        unknowing = Webhooks(local=True, sleep=lambda _: None)
        with pytest.raises(BadWebhook, match="it did not answer: SSLCertVerificationError"):
            unknowing.confirm(server.url, ACCOUNT)
        with pytest.raises(WebhookFailed, match="SSLCertVerificationError"):
            unknowing.deliver(server.url, BATCH)
    assert (server.heads, server.bodies) == (0, [])


def test_a_certificate_of_another_host_is_told_nothing(tmp_path: Path) -> None:
    path = certificate(tmp_path, "vendor.example.com")
    with (
        webhook_server(ACCOUNT, tls=shown(path)) as server,
        pytest.raises(WebhookFailed, match="SSLCertVerificationError"),
    ):
        trusting(path).deliver(server.url, BATCH)
    assert server.bodies == []
